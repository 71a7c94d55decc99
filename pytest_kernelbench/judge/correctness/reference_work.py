"""How many elements the reference of a task makes of a case, found on tensors without contents where that is enough."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_kernelbench.judge.comparison.evidence import signature, tensors_in
from pytest_kernelbench.model.case import Case, Tensor, numel
from pytest_kernelbench.model.task import Task
from pytest_kernelbench.wire.calling_conventions import invoke
from pytest_kernelbench.wire.materialize import materialize, torch_dtype, values_of

if TYPE_CHECKING:
    import torch

MAX_REAL = 1 << 17
"""Maximum elements of the tensors of a case on whose values a reference is run, if it needs values."""

CHECKED = 1 << 15
"""Elements up to which it is run on values in any case: without contents, some operations take illegal shapes."""


class Work(NamedTuple):
    """What the reference makes of a case."""

    largest: int
    """Elements of the largest tensor that it makes."""
    results: int
    """Elements of its results together, and of the arguments that it updates."""


def work_of(task: Task, case: Case) -> Work | None:
    """Return what the reference makes of a case; None if it does not take the case."""
    import torch

    def empty(path: str, recipe: Tensor) -> torch.Tensor:
        return torch.empty(recipe.shape, dtype=torch_dtype(recipe.dtype), device="meta")

    found = _watched(task, lambda: values_of(case, empty))
    if numel(case) <= (MAX_REAL if found is None else CHECKED):
        found = _watched(task, lambda: dict(materialize(case).values))
    return found


def _watched(task: Task, make: Callable[[], dict[str, Any]]) -> Work | None:
    """Run the reference on arguments and watch the tensors that it makes; None if it raises."""
    from torch.utils._python_dispatch import TorchDispatchMode

    sizes: list[int] = [0]

    class Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]
        def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            result = function(*args, **(kwargs or {}))
            sizes.extend(tensor.numel() for tensor in tensors_in(result))
            return result

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            values = make()
            with Watch():  # type: ignore[no-untyped-call]
                result = invoke(task.calling_convention, task.reference, signature(task), values)
        except Exception:  # the reference rejects the case, or needs values that there are not
            return None
    updated = [value for name, value in values.items() if name in task.mutates]
    return Work(max(sizes), sum(tensor.numel() for tensor in tensors_in([result, updated])))
