"""The decorator `kernel_test`: a reference in a test module becomes a test of a kernel, without a task file."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from pytest_kernelbench.model.case import Case
from pytest_kernelbench.model.errors import TaskError, choices
from pytest_kernelbench.model.origin import Name
from pytest_kernelbench.model.task import Draw, DrawRequest, Task

Example = Case | Mapping[str, Any] | Sequence[Any] | Callable[[], Any]
"""Arguments of one call: a case, a dictionary or a tuple with tensors, or a function that returns one of those."""

_OURS = ("reference", "cases", "fixed_cases", "dtypes", "workloads")


@dataclass(eq=False)
class KernelTest:
    """A reference with what is known of its arguments; calling it calls the reference."""

    kernel: Name
    reference: Callable[..., Any]
    cases: Callable[[Draw, DrawRequest], Case] | None = None
    fixed_cases: tuple[Case, ...] = ()
    examples: tuple[Example, ...] = ()
    workloads: Mapping[str, Example] = field(default_factory=dict)
    dtypes: tuple[str, ...] | None = None
    language: str = "triton"
    domain: Mapping[str, Any] | None = None
    """What the kernel says that it takes, as in the table `[domain]` of a `submission.toml`."""
    fields: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of the task."""

    __test__ = False

    def __post_init__(self) -> None:
        functools.update_wrapper(self, self.reference)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the reference."""
        return self.reference(*args, **kwargs)

    @property
    def line(self) -> int:
        """Line number of the reference in its file, from 1."""
        code = getattr(inspect.unwrap(self.reference), "__code__", None)
        return int(code.co_firstlineno) if code is not None else 1


def kernel_test(
    kernel: str,
    *,
    cases: Callable[[Draw, DrawRequest], Case] | None = None,
    fixed_cases: Sequence[Case] = (),
    examples: Sequence[Example] = (),
    workloads: Mapping[str, Example] | None = None,
    dtypes: Sequence[str] | None = None,
    language: str = "triton",
    domain: Mapping[str, Any] | None = None,
    **further: Any,
) -> Callable[[Callable[..., Any]], KernelTest]:
    """Return a decorator that makes a reference the test of a kernel, `module:function`.

    The arguments are described by `cases(draw, given)` as in a task file; or by `examples`, from which it is inferred
    what may vary; or by hints of the reference that name the sizes of its tensors, `x: "rows n"`. `workloads` are
    examples that are timed, by name. `dtypes` are by default those that the reference takes, `language` is `torch` or
    `cuda` for a kernel that need not launch Triton. `domain` says what the kernel takes, where that is less than the
    reference does. `further` are fields of `Task`, such as `contract` or `mutates`. Raises `TaskError`.
    """
    name = Name.parse(kernel)
    legal = [each.name for each in fields(Task) if each.name not in _OURS]
    for key in further:
        if key not in legal:
            raise TaskError(f"kernel_test({kernel!r}, {key}=...): {choices(key, legal)}")

    def decorate(reference: Callable[..., Any]) -> KernelTest:
        return KernelTest(
            name,
            reference,
            cases,
            tuple(fixed_cases),
            tuple(examples),
            dict(workloads or {}),
            tuple(dtypes) if dtypes is not None else None,
            language,
            domain,
            further,
        )

    return decorate
