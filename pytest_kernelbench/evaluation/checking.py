"""One call of a kernel, checked inside of somebody's test: in this process, or in a runner for a kernel by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from pytest_kernelbench.evaluation.examples import case_of
from pytest_kernelbench.evaluation.named import digest, find
from pytest_kernelbench.evaluation.own_tests import CATEGORY, terms_of
from pytest_kernelbench.evaluation.settings import Settings
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.model.origin import Name
from pytest_kernelbench.model.submission import Kernel
from pytest_kernelbench.model.task import Task

NO_DRIVER = "active drivers"
"""Part of what Triton says where it finds no GPU."""


@dataclass(frozen=True, slots=True)
class Checker:
    """What the fixture `kernelbench` gives to a test."""

    settings: Settings = field(repr=False)

    def check(
        self,
        kernel: Callable[..., Any] | str,
        reference: Callable[..., Any],
        /,
        *args: Any,
        mutates: tuple[str, ...] = (),
        **kwargs: Any,
    ) -> None:
        """Call a kernel and its reference on the same arguments, and raise `AssertionError` if the kernel is wrong.

        The reference is the oracle in float64, and each element has the error budget of a task. A function is called
        here, on the very arguments. A kernel by name, `module:function`, is called in a runner, on contents of the same
        shapes, dtypes and ranges. `mutates` are arguments that are written on purpose.
        """
        __tracebackhide__ = True
        reference = _signed(reference, len(args), kwargs)
        bound = inspect.signature(reference).bind(*args, **kwargs)
        case = case_of(reference, dict(bound.arguments))
        task = Task(reference, lambda draw, given: case, (case,), mutates=mutates, accumulation=terms_of(reference))
        if isinstance(kernel, str):
            message = self._in_a_runner(Name.parse(kernel), task, case)
        else:
            from pytest_kernelbench.judge.comparison.direct import difference

            try:
                message = difference(task, case, dict(bound.arguments), kernel)
            except RuntimeError as error:
                if NO_DRIVER in str(error):
                    named = f"{getattr(kernel, '__module__', 'module')}:{getattr(kernel, '__name__', 'function')}"
                    error.add_note(f"there is no GPU; by its name, {named!r}, the kernel runs in Triton's interpreter")
                raise
        if message is not None:
            raise AssertionError(f"{message}\n{case}")

    def _in_a_runner(self, name: Name, task: Task, case: Case) -> str | None:
        from pytest_kernelbench.host.settings import confined
        from pytest_kernelbench.judge.comparison.oracle import Oracle
        from pytest_kernelbench.judge.correctness.case_trial import CaseTrial
        from pytest_kernelbench.judge.correctness.trial import Finding

        origin = find(name, self.settings.judging.paths)
        kernel = Kernel(name.function, CATEGORY, origin.file, None, None, None, digest(origin), origin=origin)
        judging = self.settings.judging
        settings = confined(judging, origin)
        trial = CaseTrial(kernel, task, Oracle(), settings, judging.timeout)
        try:
            trial.load()
            trial.run(case)
        except Finding as finding:
            return f"{finding.status}: {finding.message}"
        finally:
            trial.close()
        return trial.violation.message if trial.violation is not None else None


def _signed(reference: Callable[..., Any], count: int, named: Iterable[str]) -> Callable[..., Any]:
    """Return a reference whose signature can be read: functions of torch that are built in, `torch.relu`, have none."""
    try:
        inspect.signature(reference)
    except (TypeError, ValueError):
        plain, names = reference, [f"argument_{index}" for index in range(count)]

        def called(*given: Any, **options: Any) -> Any:
            others = [options.pop(name) for name in names if name in options]
            return plain(*given, *others, **options)

        parameters = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in names]
        parameters += [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in named]
        setattr(called, "__signature__", inspect.Signature(parameters))  # noqa: B010
        return called
    return reference
