"""Cases that show a sum in a narrow accumulator: long sums in half precision, of large values, with many results.

A sum in float16 overflows above 65,504, and one in bfloat16 stops growing after 256 equal terms. Where neither happens,
the errors of single results stay within their tolerance, and only the root mean square over many results is too large.
"""

from __future__ import annotations

import itertools
from functools import lru_cache

from pytest_kernelbench.judge.correctness.facets import in_dtype, own_fill, with_fill
from pytest_kernelbench.judge.correctness.growth import Dimension, dimensions, grown
from pytest_kernelbench.judge.correctness.large import TaskKey, is_product, plain_bases, within_limits
from pytest_kernelbench.judge.correctness.reference_work import work_of
from pytest_kernelbench.model.case import Case, leaves
from pytest_kernelbench.model.task import Task

TERMS = (3_001, 1_025, 257)
"""Lengths to try for the dimension that is summed over, the largest first."""

PLANE_TERMS = (257,)
"""The same for images, whose windows make the sums longer still."""

RESULTS = 130
"""Size of a dimension of the result: the more results, the less the root mean square of right ones may deviate."""

SHORTER = (((1_025,), 100), ((257,), 70))
"""Terms and results of cases that kernels can finish that add few terms at a time."""

HALVES = ("float16", "bfloat16")
"""Half-precision dtypes."""

MODERATE = "normal(0, 3)"
"""Fill of values that are large enough for the terms to differ in size, and too small for functions to be flat."""

BESIDE = "normal(0, 0.01)"
"""Fill of tensors that are no part of the long sum, so that they do not hide its error in the result."""

BESIDE_SHARE = 16
"""A tensor is no part of the long sum if it has fewer elements than one in so many of the largest one."""

EQUAL, COUNT = "constant(1)", 70_001
"""Fill and number of terms of equal size, whose sum or number exceeds float16, and not what is divided by it."""

SUMMED = 3_001
"""Length of the sum over another dimension than the longest, such as that over the samples of a loss."""

FILLS = ("normal(0, 30)", "normal(30, 1)", "normal(1000, 0.1)")
"""Fills with large values, and with an offset of which few terms exceed float16 though their mean does not."""


def accumulating_cases(task: Task) -> tuple[Case, ...]:
    """Return cases of a task with long sums in each half-precision dtype: its own, or those that can be derived."""
    return _in_halves(TaskKey(task), ((TERMS, RESULTS),)) + _overflowing(TaskKey(task))


def shorter_sums(task: Task) -> tuple[Case, ...]:
    """Return the same with shorter sums, for kernels that are too slow for the long ones; none of the task's own."""
    return _in_halves(TaskKey(task), SHORTER) if task.long_sums is None else ()


@lru_cache(maxsize=256)
def _in_halves(key: TaskKey, lengths: tuple[tuple[tuple[int, ...], int], ...]) -> tuple[Case, ...]:
    """Return cases with sums of one of the first lengths, so many results, and moderate values."""
    task = key.task
    ordinary = {"normal", *own_fill(task)}
    bases = _bases(task, lengths)
    if {FILLS[0], BESIDE} <= {*task.contract.values}:
        bases = [_moderate(base, ordinary) for base in bases]
    return tuple(dict.fromkeys(in_dtype(task, case, dtype) for case in bases for dtype in _halves(task)))


@lru_cache(maxsize=256)
def _overflowing(key: TaskKey) -> tuple[Case, ...]:
    """Return cases with large values, of whose sums few terms are enough to exceed float16."""
    task = key.task
    if task.compare != "values" or not _halves(task):
        return ()
    ordinary, bases = {"normal", *own_fill(task)}, _bases(task, SHORTER[:1])
    fills = [fill for fill in FILLS if fill in task.contract.values]
    filled = [with_fill(base, fill, ordinary) for base in bases[-1:] for fill in fills]
    if task.long_sums is None and filled and not is_product(task):
        filled += _of_equal_terms(task, ordinary) if EQUAL in task.contract.values else []
        filled += _over_others(task, bases, ordinary) if FILLS[0] in task.contract.values else []
    return tuple(dict.fromkeys(in_dtype(task, case, _halves(task)[0]) for case in filled))


def _of_equal_terms(task: Task, ordinary: set[str]) -> list[Case]:
    """Return a case with more equal terms in rows than float16 can count, if the contract has such values."""
    for kept, base in itertools.product((False, True), plain_bases(task)):
        for dimension in dimensions(base):
            if dimension.last and dimension.rank <= 3 and dimension.size < COUNT:
                case = _with_sum(task, base, dimension, COUNT, kept)
                filled = None if case is None else with_fill(case, EQUAL, ordinary)
                if filled is not None and filled != case:
                    return [filled]
    return []


def _over_others(task: Task, bases: list[Case], ordinary: set[str]) -> list[Case]:
    """Return a case with large values in another sum than that of the other cases, if its result is one number."""
    long = {axis for base in bases for each in dimensions(base) if each.size in TERMS for axis in each.role}
    for base in plain_bases(task):
        work = work_of(task, base)
        for dimension in dimensions(base) if work is not None and work.results == 1 else []:
            if dimension.size < SUMMED and not dimension.role & long and dimension.rank <= 3:
                case = _with_sum(task, base, dimension, SUMMED, kept=False)
                filled = None if case is None else with_fill(case, FILLS[0], ordinary)
                if filled is not None and filled != case:
                    return [filled]
    return []


def _bases(task: Task, lengths: tuple[tuple[tuple[int, ...], int], ...]) -> list[Case]:
    """Return the task's own cases with long sums, or those that can be derived, in the task's first dtype."""
    if task.long_sums is not None:
        return list(task.long_sums)
    if task.accumulation is None or not _halves(task):
        return []
    found = (_with_sums(task, terms, results) for terms, results in lengths)
    return list(dict.fromkeys(case for case in found if case is not None))


def _halves(task: Task) -> list[str]:
    return [dtype for dtype in task.dtypes if dtype in HALVES]


def _moderate(case: Case, ordinary: set[str]) -> Case:
    """Return the case with moderate values in its large tensors, and small ones in the others."""
    largest = max(recipe.numel for _, recipe in leaves(case))
    beside = [path.partition("[")[0] for path, recipe in leaves(case) if recipe.numel < largest // BESIDE_SHARE]
    return with_fill(with_fill(case, BESIDE, ordinary, beside), MODERATE, ordinary)


def _with_sums(task: Task, terms: tuple[int, ...], results: int) -> Case | None:
    """Return a case with a long sum behind each of many results, as far as the task has such sums.

    A dimension is better that is not in the result: the sum over it alone is then what makes the case long.
    """
    pairs = [(base, dimension) for base in plain_bases(task) for dimension in dimensions(base)]
    for kept in (False, True):
        for base, dimension in pairs:
            for size in terms if dimension.rank <= 3 else PLANE_TERMS:
                if size > dimension.size and (case := _with_sum(task, base, dimension, size, kept)) is not None:
                    return _with_results(task, case, size, results)
    return None


def _with_sum(task: Task, base: Case, dimension: Dimension, size: int, kept: bool) -> Case | None:
    """Return the case with sums over a dimension of this size; None if the task has no such sum.

    `kept` says whether the result may become larger with the dimension.
    """
    case = grown(base, dimension.size, size)
    before, after = work_of(task, base), within_limits(task, case)
    if before is None or after is None or not _terms(task, case) >= size > _terms(task, base):
        return None
    return case if kept or after.results <= before.results else None


def _terms(task: Task, case: Case) -> int:
    assert task.accumulation is not None
    return task.accumulation(case)


def _with_results(task: Task, case: Case, size: int, results: int) -> Case:
    """Return the case with more results, where another dimension than the one of this size makes them more."""
    before = work_of(task, case)
    for dimension in dimensions(case):
        wider = grown(case, dimension.size, results)
        if before is None or before.results >= results or dimension.size == size:
            continue
        after = within_limits(task, wider)
        if after is not None and after.results >= results:
            return wider
    return case
