"""Small tasks and answers, for tests of the judge."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pytest_kernelbench import Case, Task
from pytest_kernelbench.judge.compare import Verdict, compare
from pytest_kernelbench.judge.oracle import Evidence, evaluate
from pytest_kernelbench.runner.answers import Output

if TYPE_CHECKING:
    import torch


def task_of(reference: Callable[..., Any], case: Case, **options: Any) -> Task:
    """Return a task with one case."""
    return Task(reference, lambda draw, given: case, spine=(case,), **options)


def evidence_of(reference: Callable[..., Any], case: Case, **options: Any) -> Evidence:
    """Return what the judge knows about a case."""
    return evaluate(task_of(reference, case, **options), case)


def output(value: Any) -> Output:
    """Return a result as it comes back from a runner."""
    import torch

    if not isinstance(value, torch.Tensor):
        return Output(type(value).__name__, value=repr(value))
    return Output("Tensor", str(value.dtype).removeprefix("torch."), tuple(value.shape), tensor=value.contiguous())


def verdict(evidence: Evidence, *results: Any) -> Verdict:
    """Judge results."""
    return compare(evidence, [output(result) for result in results])


def right(evidence: Evidence, *results: torch.Tensor) -> bool:
    """Whether results are accepted."""
    return verdict(evidence, *results).mismatch is None
