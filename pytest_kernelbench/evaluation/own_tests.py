"""Kernels that are tested in the user's own test modules: a task from each decorated reference, and its session."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from pytest_kernelbench.authoring import patterns
from pytest_kernelbench.authoring.kernel_tests import KernelTest
from pytest_kernelbench.evaluation.examples import case_of
from pytest_kernelbench.evaluation.hints import hinted
from pytest_kernelbench.evaluation.inference import infer
from pytest_kernelbench.evaluation.named import digest, find
from pytest_kernelbench.evaluation.session import EvaluationSession, SharedState
from pytest_kernelbench.evaluation.settings import Settings
from pytest_kernelbench.evaluation.submission import SubmissionSession
from pytest_kernelbench.evaluation.trying import OnCpu
from pytest_kernelbench.judge.correctness.facets import own_fill, with_fill
from pytest_kernelbench.model.case import Case, leaves
from pytest_kernelbench.model.catalogue import Catalogue, TaskFile
from pytest_kernelbench.model.domain import Domain
from pytest_kernelbench.model.source import Source
from pytest_kernelbench.model.submission import Kernel, Metadata
from pytest_kernelbench.model.task import FLOATS, DrawRequest, Task

CATEGORY = "Own"
"""Category, in records and tables, of operations that are no task of the suite."""

DRAWN = 12
"""Fixed cases that are drawn where a test has a strategy and no fixed cases."""

MAX_DIFFERENTIATED = 1 << 16
"""Elements of the largest tensor of a case whose gradients are computed to find the length of its sums."""


@dataclass(frozen=True, slots=True)
class OwnTask:
    """The task of a decorated reference."""

    task: Task
    told: str = ""
    """What was inferred from examples, as one line; empty where nothing was."""


def task_of(name: str, test: KernelTest) -> OwnTask:
    """Return the task of a decorated reference; raises `TaskError` where its arguments are not described."""
    reference = test.reference
    further: dict[str, Any] = dict(test.fields)
    told = ""
    dtypes = test.dtypes
    if test.cases is not None:
        cases, dtypes = test.cases, dtypes or FLOATS
        fixed = test.fixed_cases or _drawn(test.cases, dtypes[0])
    elif test.examples or test.workloads:
        examples = [case_of(reference, example) for example in test.examples or test.workloads.values()]
        found = infer(reference, examples, dtypes)
        told, dtypes = f"{name}: {found.told()}", found.dtypes
        cases = patterns.cases(found.sizes, *found.patterns)
        fixed = patterns.fixed_cases(found.sizes, *found.patterns, dtype=dtypes[0], small=found.small)
        if found.mutates:
            further.setdefault("mutates", found.mutates)
    else:
        sizes, pattern = hinted(name, reference)
        dtypes = dtypes or FLOATS
        cases, fixed = patterns.cases(sizes, pattern), patterns.fixed_cases(sizes, pattern, dtype=dtypes[0])
    workloads = {key: case_of(reference, example) for key, example in test.workloads.items()}
    further.setdefault("accumulation", terms_of(reference))
    task = Task(reference, cases, (*test.fixed_cases, *fixed) if test.cases is None else fixed, dtypes=dtypes,
                workloads=workloads, **further)  # fmt: skip
    return OwnTask(task if "contract" in test.fields else _without_what_fails(task), told)


def _without_what_fails(task: Task) -> Task:
    """Return the task without NaN, or infinities, where the reference raises an exception for them."""
    works, ordinary = OnCpu(task.reference), {"normal", *own_fill(task)}
    takes = {fill: works(with_fill(task.fixed_cases[0], fill, ordinary)) for fill in ("nan", "inf", "infinite_start")}
    infinities = takes["inf"] and takes["infinite_start"]
    contract = replace(task.contract, nan=task.contract.nan and takes["nan"], inf=task.contract.inf and infinities)
    return replace(task, contract=contract)


def _drawn(cases: Callable[..., Case], dtype: str) -> tuple[Case, ...]:
    """Draw fixed cases from a strategy, always the same ones: the middle one first, then from small to large."""
    from hypothesis import HealthCheck, Phase, given, seed, settings
    from hypothesis import strategies as st

    found: dict[Case, None] = {}

    @seed(0)
    @settings(
        max_examples=3 * DRAWN,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data(), st.sampled_from(("basic", "sizes")))
    def draw(data: Any, facet: str) -> None:
        found.setdefault(cases(data.draw, DrawRequest(facet=facet, dtype=dtype, limit=2048)))

    draw()
    ordered = sorted(found, key=lambda case: sum(recipe.numel for _, recipe in leaves(case)))
    some = ordered[:: max(1, len(ordered) // DRAWN)]
    middle = some.pop(len(some) // 2)
    return (middle, *some)


def terms_of(reference: Callable[..., Any]) -> Callable[[Case], int]:
    """Return a function of a case: the number of elements of one argument that an element of the result depends on.

    It stands for the length of the longest sum where nobody has said that, and comes from the gradients of some
    elements of the result.
    """

    def terms(case: Case) -> int:
        if max((recipe.numel for _, recipe in leaves(case)), default=0) > MAX_DIFFERENTIATED:
            return patterns.longest(case)
        try:
            return max([1, *_dependencies(reference, case)])
        except Exception:  # without gradients
            return patterns.longest(case)

    return terms


def _dependencies(reference: Callable[..., Any], case: Case) -> Iterator[int]:
    """Yield, for some elements of the result, how many elements of each argument have a gradient."""
    import torch

    from pytest_kernelbench.wire.materialize import materialize

    values = dict(materialize(case).values)
    inputs = {
        name: value.detach().double().requires_grad_()
        for name, value in values.items()
        if isinstance(value, torch.Tensor) and value.is_floating_point()
    }
    with torch.enable_grad():
        # Not the leaves themselves: the reference may write into its arguments.
        result = reference(**{**values, **{name: value * 1 for name, value in inputs.items()}})
    flat = (result[0] if isinstance(result, (tuple, list)) else result).reshape(-1)
    for place in {0, flat.numel() // 2, flat.numel() - 1} if flat.numel() else ():
        found = torch.autograd.grad(flat[place], list(inputs.values()), retain_graph=True, allow_unused=True)
        yield from (int((each != 0).sum()) for each in found if each is not None)


class OwnCatalogue(Catalogue):
    """The one task of a decorated reference; it is made when it is first needed, since that may load torch."""

    def __init__(self, name: str, test: KernelTest, path: Path) -> None:
        super().__init__([TaskFile(name, CATEGORY, path)])
        self.name = name
        self.test = test
        self.path = path

    @cached_property
    def made(self) -> OwnTask:
        """The task."""
        return task_of(self.name, self.test)

    def load(self, name: str) -> Task:
        """Return the task; raises `TaskError`."""
        return self.made.task

    def code(self, name: str) -> str:
        """Return the code of the test module, with the reference as that of a task."""
        source = self.path.read_text(encoding="utf-8")
        return "\n".join(
            [
                "import sys",
                "from types import SimpleNamespace",
                f"sys.path[:] = list(dict.fromkeys([*sys.path, *{sys.path!r}]))",
                f"exec(compile({source!r}, {str(self.path)!r}, 'exec', dont_inherit=True), globals())",
                f"task = SimpleNamespace(reference={self.name}.reference)",
            ]
        )


class OwnTest(SubmissionSession):
    """One decorated reference as a submission: its records bear the name of the test's file."""

    in_a_test = True

    def __init__(self, name: str, test: KernelTest, file: Path, shown: str, settings: Settings) -> None:
        """`shown` is the file as records name it."""
        catalogue = OwnCatalogue(name, test, file)
        session = EvaluationSession(settings, SharedState(catalogue, settings.gpu))
        domain = Domain.parse(test.domain, f"{shown}: domain") if test.domain is not None else None
        super().__init__(Source(shown, file, file.parent), session, Metadata(language=test.language, domain=domain))
        self.name = name
        self.test = test
        self.catalogue = catalogue

    @property
    def told(self) -> str:
        """What was inferred, once the task is made."""
        return self.catalogue.__dict__["made"].told if "made" in self.catalogue.__dict__ else ""

    @cached_property
    def kernel(self) -> Kernel:
        """The kernel; raises `KernelBenchError` where there is no such module."""
        origin = find(self.test.kernel, self.settings.paths)
        return Kernel(self.name, CATEGORY, origin.file, None, None, None, digest(origin), origin=origin)

    def place(self, kernel: Kernel) -> tuple[Path, int]:
        """Return the place of the reference in the test module."""
        return self.source.path, self.test.line

    def marker(self, task: str) -> str:
        """Return the marker of the category."""
        return CATEGORY.lower()

    def named_workloads(self, kernel: Kernel) -> Iterable[str]:
        """Return the workloads without making the task."""
        return self.test.workloads
