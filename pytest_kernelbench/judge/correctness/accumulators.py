"""Cases that show a sum in a narrow accumulator: long sums in half precision, of large values, with many results.

A sum in float16 overflows above 65,504, and one in bfloat16 stops growing after 256 equal terms. Where neither happens,
the errors of single results stay within their tolerance, and only the root mean square over many results is too large.
"""

from __future__ import annotations

from functools import lru_cache

from pytest_kernelbench.judge.correctness.facets import in_dtype, own_fill, with_fill
from pytest_kernelbench.judge.correctness.growth import Dimension, dimensions, grown
from pytest_kernelbench.judge.correctness.large import TaskKey, affordable, plain_bases
from pytest_kernelbench.judge.correctness.reference_work import work_of
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.model.task import Task

TERMS = (3_001, 1_025, 257)
"""Lengths to try for the dimension that is summed over, the largest first."""

PLANE_TERMS = (257,)
"""The same for images, whose windows make the sums longer still."""

RESULTS = 70
"""Size of one dimension of the result: more than the 64 results from which on a root mean square says something."""

HALVES = ("float16", "bfloat16")
"""Half-precision dtypes."""

FILLS = ("normal(0, 30)", "normal(30, 1)", "normal(1000, 0.1)")
"""Fills with large values, and with an offset of which few terms exceed float16 though their mean does not."""


def accumulating_cases(task: Task) -> tuple[Case, ...]:
    """Return cases of a task with long sums in each half-precision dtype: its own, or those that can be derived."""
    return _accumulating(TaskKey(task))


@lru_cache(maxsize=256)
def _accumulating(key: TaskKey) -> tuple[Case, ...]:
    task = key.task
    halves = [dtype for dtype in task.dtypes if dtype in HALVES]
    bases: tuple[Case, ...] = task.long_sums or ()
    if task.long_sums is None and task.accumulation is not None and halves:
        longest = _longest(task)
        bases = (longest,) if longest is not None else ()
    ordinary = {"normal", *own_fill(task)}
    fills = [fill for fill in FILLS if fill in task.contract.values]
    cases = [case for base in bases for case in (base, *(with_fill(base, fill, ordinary) for fill in fills))]
    return tuple(dict.fromkeys(in_dtype(task, case, dtype) for case in cases for dtype in halves))


def _longest(task: Task) -> Case | None:
    """Return a case with a long sum behind each of many results, as far as the task has such sums.

    A dimension is better that is not in the result: the sum over it alone is then what makes the case long.
    """
    pairs = [(base, dimension) for base in plain_bases(task) for dimension in dimensions(base)]
    for kept in (False, True):
        for base, dimension in pairs:
            for size in TERMS if dimension.rank <= 3 else PLANE_TERMS:
                if size > dimension.size and (case := _with_sum(task, base, dimension, size, kept)) is not None:
                    return _with_results(task, case, size)
    return None


def _with_sum(task: Task, base: Case, dimension: Dimension, size: int, kept: bool) -> Case | None:
    """Return the case with sums over a dimension of this size; None if the task has no such sum.

    `kept` says whether the result may become larger with the dimension.
    """
    case = grown(base, dimension.size, size)
    before, after = work_of(task, base), affordable(task, case)
    if before is None or after is None or not _terms(task, case) >= size > _terms(task, base):
        return None
    return case if kept or after.results <= before.results else None


def _terms(task: Task, case: Case) -> int:
    assert task.accumulation is not None
    return task.accumulation(case)


def _with_results(task: Task, case: Case, size: int) -> Case:
    """Return the case with more results, where another dimension than the one of this size makes them more."""
    before = work_of(task, case)
    for dimension in dimensions(case):
        wider = grown(case, dimension.size, RESULTS)
        if before is None or before.results >= RESULTS or dimension.size == size:
            continue
        after = affordable(task, wider)
        if after is not None and after.results >= RESULTS:
            return wider
    return case
