"""Lines that explain a message: that nothing wrote some memory, and the signature that was wanted."""

from __future__ import annotations

import inspect
from collections.abc import Sequence

from pytest_kernelbench.host.answers import Answer, Output
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.model.errors import KernelBenchError, choices
from pytest_kernelbench.model.task import CALLING_CONVENTIONS, Task

UNWRITTEN = "nan is what uninitialised memory holds here: never written, or read where nothing was written"
"""The line for elements that are NaN only because uninitialised memory is."""


def unwritten(answer: Answer, other: Answer) -> bool:
    """Whether a result is NaN where it is another number once uninitialised memory holds large numbers."""
    return any(_differ(one, two) for one, two in zip(answer.outputs, other.outputs, strict=False))


def _differ(one: Output, two: Output) -> bool:
    if one.tensor is None or two.tensor is None or one.shape != two.shape or not one.tensor.is_floating_point():
        return False
    return bool((one.tensor.isnan() & ~two.tensor.isnan()).any())


def wanted_signature(task: Task, name: str, message: str, frames: Sequence[str]) -> str | None:
    """Return the line with the published signature where a kernel could not even be called; None elsewhere."""
    if not message.startswith("TypeError") or frames or task.calling_convention != "call":
        return None
    return f"wanted: {task.entry or name}{inspect.signature(task.reference)}"


def check_arguments(task: Task, name: str, case: Case) -> None:
    """Raise `KernelBenchError` for a case from the command line with arguments that the task does not have."""
    known = [*task.parameters, *CALLING_CONVENTIONS[task.calling_convention]]
    for argument in case.arguments:
        if argument not in known:
            listed = ", ".join(known)
            raise KernelBenchError(
                f"--kb-case: {name} has no argument {argument!r}: {choices(argument, known)}; it has {listed}"
            )
