"""Workloads of a size that a CPU can time: the same kind of shapes with shorter dimensions.

A workload is that of a GPU. Where it is too large for a CPU, its longest dimension is halved, again and again, in all
tensors and shapes that have it. What is timed then is another workload, and is named so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytest_kernelbench.judge.comparison.evidence import OracleError
from pytest_kernelbench.judge.correctness.growth import dimensions, grown
from pytest_kernelbench.judge.speed.flops_and_bytes import flops_and_bytes
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.model.task import Task

SIZES = ("size", "steps")
"""Arguments that are the shape of a result, or its length."""

SHORTEST = 2
"""Length below which no dimension is halved."""

TooLarge = Callable[[Task, Case], "str | None"]
"""Returns why a case is too large, or None."""


def scaled(task: Task, case: Case, too_large: TooLarge) -> Case | None:
    """Return the case with dimensions halved until it is not too large; None where no dimension can be halved."""
    while too_large(task, case) is not None:
        smaller = halved(task, case)
        if smaller is None:
            return None
        case = smaller
    return case


def halved(task: Task, case: Case) -> Case | None:
    """Return the case with the longest dimension halved that the reference takes so; None where there is none.

    No two dimensions become equal, since the next step could not tell them apart.
    """
    work = flops_and_bytes(task, case)
    sizes = [*dict.fromkeys(dimension.size for dimension in dimensions(case))] or _lengths(case)
    for size in sorted(sizes, reverse=True):
        target = size // 2
        if target < SHORTEST or target in sizes:
            continue
        smaller = _resized(case, size, target)
        try:
            less = flops_and_bytes(task, smaller)
        except OracleError:
            continue
        if less.moved_bytes < work.moved_bytes and less.flops <= work.flops:
            return smaller
    return None


def _lengths(case: Case) -> list[int]:
    """Return the lengths in arguments that are the shape of a result."""
    found: list[int] = []
    for name in SIZES:
        value = case.arguments.get(name)
        found += [value] if isinstance(value, int) else list(value) if isinstance(value, (tuple, list)) else []
    return found


def _resized(case: Case, size: int, target: int) -> Case:
    resized = grown(case, size, target).arguments
    return Case(**{name: _value(value, size, target) if name in SIZES else value for name, value in resized.items()})


def _value(value: Any, size: int, target: int) -> Any:
    if isinstance(value, (tuple, list)):
        return type(value)(_value(each, size, target) for each in value)
    return target if value == size else value
