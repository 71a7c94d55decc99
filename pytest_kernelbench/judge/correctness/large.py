"""Cases beyond what one block, one tile or one program can hold, derived from the fixed cases of a task.

Each dimension is grown once, in the first fixed case in which the reference takes it at a large size. The others stay
small, so that Triton's interpreter can run the case. In products of matrices all dimensions of the result are grown
together, since the order of tiles depends on both.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import replace as with_fields
from functools import lru_cache

from pytest_kernelbench.judge.correctness.growth import Dimension, dimensions, grown
from pytest_kernelbench.judge.correctness.reference_work import Work, work_of
from pytest_kernelbench.model.case import Case, leaves, map_tensors, numel
from pytest_kernelbench.model.task import Task

FLAT = 2**21 + 1
"""Elements of the large case of an operation on single elements."""

REDUCED = FLAT + 2**18
"""Elements of the large case of an operation that reduces a whole tensor, whose result shows that many are missing."""

ROWS = (200_001, 70_001, 10_007, 3_000, 600, 257)
"""Sizes to try for the last dimension, or for one that an argument such as `dim` names, the largest first."""

OTHERS = (600, 257)
"""Sizes to try for another dimension: a kernel may have a program for each index of it."""

MANY = (4_200, *OTHERS)
"""The same where there are no more than two dimensions, which leaves few elements for each index."""

RESULTS = 1 << 16
"""Elements of a result that one derived case at least exceeds, where results are as large as the tensors."""

TABLE = (70_001, 10_007)
"""Sizes to try for the dimension of a table that indices select from: no program belongs to one of its rows."""

TAIL = 16
"""Indices of a derived case lie in the last one of so many parts of the dimension that they select from."""

INNER = (5_000, 600, 257)
"""Sizes to try for the dimension that a product sums over."""

PLANES = (257,)
"""Sizes to try for the dimensions of batches and images beside the last one."""

MODEST = (33,)
"""Sizes to try for a dimension that cannot be longer in any case, such as the batch of a convolution."""

WINDOWS = (17, 9)
"""Sizes to try for the sides of a window that a convolution sums over."""

MATRICES = (257, 129)
"""Sizes to try for matrices that are decomposed or solved, whose work grows with the third power."""

KINDS = ("long", "batch", "window")
"""What cases are for, in their order: long dimensions, then what cannot be so long in products and convolutions."""

MAX_ELEMENTS = 1 << 19
"""Maximum number of elements of each tensor that the reference makes of any other derived case."""

MAX_PIXELS = 1 << 14
"""Maximum number of elements of the result of a convolution in a derived case."""

MAX_BESIDE = 160_000
"""Maximum number of elements where a dimension is long that may have a program for each of its elements."""

MAX_CASES = 6
"""Maximum number of derived cases of a task."""

STRUCTURED = ("symmetric", "hermitian", "positive_definite", "nonsingular", "graded", "dominant", "small_pivots",
              "diagonalizable", "lower", "upper")  # fmt: skip
"""Fills of matrices that are decomposed or solved."""

FACTORS = ("alpha", "beta", "lr")
"""Arguments that are factors of a tensor."""

Axes = set[tuple[str, int, bool]]


def large_cases(task: Task) -> tuple[Case, ...]:
    """Return the large cases of a task, the smallest first: its own, or else those that can be derived."""
    return task.large if task.large is not None else _derived(TaskKey(task))


class TaskKey:
    """A task as the key of a cache; tasks themselves have no hash, since they hold dictionaries."""

    def __init__(self, task: Task) -> None:
        self.task = task

    def __hash__(self) -> int:
        return hash(self.task.reference)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TaskKey) and self.task is other.task


def plain_bases(task: Task) -> list[Case]:
    """Return the fixed cases without empty tensors, those last that hide much of what is computed."""
    full = [case for case in task.fixed_cases if numel(case) and all(recipe.numel for _, recipe in leaves(case))]
    return sorted(full, key=lambda case: _is_degenerate(task, case))


@lru_cache(maxsize=256)
def _derived(key: TaskKey) -> tuple[Case, ...]:
    task = key.task
    bases = plain_bases(task)
    found, elementwise = _flat(task, bases)
    covered: Axes = set()
    if not elementwise and is_product(task):
        found += _tiled(task, bases, covered)
    pairs = _in_order(task, bases)
    for kind, (base, dimension) in itertools.product(KINDS if is_product(task) else KINDS[:1], pairs):
        if len(found) >= (2 if elementwise else MAX_CASES):
            break
        case = _largest(task, base, dimension, kind) if _is_new(dimension, covered, kind) else None
        if case is not None:
            found.append(case)
            covered |= dimension.role
    found += _many_results(task, pairs, found)
    return tuple(sorted(dict.fromkeys(found), key=numel))


def _many_results(task: Task, pairs: list[tuple[Case, Dimension]], found: list[Case]) -> list[Case]:
    """Return a case whose result exceeds `RESULTS`, where no other's does, if results are as large as the tensors."""
    known = (work_of(task, case) for case in found)
    if is_product(task) or any(work is None or work.results > RESULTS for work in known):
        return []
    for base, dimension in pairs:
        if _has_matrices(task, base) or dimension.named:
            continue
        for size in (*ROWS[1:4], *ROWS[:1]):
            case = grown(base, dimension.size, size)
            work = within_limits(task, case) if size > dimension.size else None
            if work is not None and work.results > max(RESULTS, numel(case) // 2):
                return [case]
    return []


def _flat(task: Task, bases: list[Case]) -> tuple[list[Case], bool]:
    """Return a case of `FLAT` or `REDUCED` elements, and whether the operation takes each by itself.

    There is none where the result is neither one number nor as large as the tensors.
    """
    for base in bases:
        shapes = {recipe.shape for _, recipe in leaves(base)}
        (shape,) = shapes if len(shapes) == 1 else ((),)
        if not shape or shape[-1] == 1 or shape.count(shape[-1]) > 1 or is_product(task) or _has_matrices(task, base):
            continue
        work = work_of(task, base)
        reduced = work is not None and work.results == 1
        size = math.ceil((REDUCED if reduced else FLAT) * shape[-1] / math.prod(shape))
        case = grown(base, shape[-1], size)
        large = work_of(task, case)
        if work is None or large is None or large.largest > 2 * FLAT:
            continue
        if reduced and large.results == 1:
            return [case], False
        if len(shape) == 1 and work.results % shape[0] == 0 and large.results == work.results // shape[0] * size:
            return ([case], True) if task.accumulation is None else ([], False)
    return [], False


def _in_order(task: Task, bases: list[Case]) -> list[tuple[Case, Dimension]]:
    """Return the dimensions of all cases, those first beside which least has to be computed, but not nothing."""
    pairs = [(base, dimension) for base in bases for dimension in dimensions(base)]

    def key(pair: tuple[Case, Dimension]) -> tuple[bool, bool, int]:
        count = _beside(*pair)
        return _is_degenerate(task, pair[0]), count == 1, count

    return sorted(pairs, key=key)


def _beside(base: Case, dimension: Dimension) -> int:
    """Return the elements of the largest tensor for each index of a dimension."""
    return max(recipe.numel // dimension.size for _, recipe in leaves(base) if dimension.size in recipe.shape)


def _tiled(task: Task, bases: list[Case], covered: Axes) -> list[Case]:
    """Return the case of a product of matrices in which all dimensions of the result are long."""
    for base in bases:
        outer = [each for each in dimensions(base) if not _is_inner(task, base, each)]
        if len(outer) > 1 and max(each.rank for each in outer) == 2:
            case = base
            for dimension in outer:
                case = grown(case, dimension.size, OTHERS[0])
            if within_limits(task, case) is not None:
                covered.update(*(dimension.role for dimension in outer))
                return [case]
    return []


def _largest(task: Task, base: Case, dimension: Dimension, kind: str) -> Case | None:
    """Return the case with a dimension at the largest legal size within the limits; None if there is none."""
    for size in _sizes(task, base, dimension, kind):
        case = _at_the_end(grown(base, dimension.size, size), size)
        if size > dimension.size and within_limits(task, case) is not None:
            return case
    return None


def _at_the_end(case: Case, size: int) -> Case:
    """Return the case with indices into a dimension of this size near its end, where no smaller case has any."""
    anywhere, end = f"integers(0, {size})", f"integers({size - max(1, size // TAIL)}, {size})"
    return map_tensors(case, lambda path, recipe: with_fields(recipe, fill=end) if recipe.fill == anywhere else recipe)


def _is_new(dimension: Dimension, covered: Axes, kind: str) -> bool:
    """Whether no case has shown yet what one of the `KINDS` would show of a dimension.

    Dimensions of the same size grow together, so that the batch of an image may be long only where its channels are.
    """
    new = dimension.role - covered
    if kind == "long":
        return new == dimension.role
    if kind == "batch":
        return any(axis <= -4 and not _of_weight(name) for name, axis, _ in new)
    return any(axis >= -2 and _of_weight(name) for name, axis, _ in new)


def _of_weight(name: str) -> bool:
    """Whether an argument holds the windows that a convolution multiplies images with."""
    return "weight" in name


def _sizes(task: Task, base: Case, dimension: Dimension, kind: str) -> tuple[int, ...]:
    """Return the sizes to try for a dimension in cases of one of the `KINDS`."""
    if kind != "long":
        return () if dimension.rank <= 3 else MODEST if kind == "batch" else WINDOWS
    if _has_matrices(task, base):
        return MATRICES if all(axis >= -2 for _, axis, _ in dimension.role) else ()
    if is_product(task):
        window = dimension.rank > 3 and any(_of_weight(name) and axis >= -2 for name, axis, _ in dimension.role)
        if window or dimension.rank > 3:
            return () if window else PLANES
        return INNER if _is_inner(task, base, dimension) else OTHERS if dimension.rank <= 2 else PLANES
    # A reduced dimension is long, and the last one, unless another is reduced: a kernel may have a program a row.
    if dimension.named or (dimension.last and not any(each.named for each in dimensions(base))):
        return ROWS if dimension.last else ROWS[2:]
    if not dimension.last and any(name == task.table for name, _, _ in dimension.role):
        return TABLE
    sizes = MANY if dimension.rank <= 2 else PLANES
    return tuple(size for size in sizes if size * _beside(base, dimension) <= MAX_BESIDE)


def _is_inner(task: Task, base: Case, dimension: Dimension) -> bool:
    """Whether a product sums over the dimension: the result is no larger where that is longer."""
    before, after = work_of(task, base), work_of(task, grown(base, dimension.size, dimension.size + PLANES[0]))
    return before is not None and after is not None and after.results <= before.results


def within_limits(task: Task, case: Case) -> Work | None:
    """Return what the reference makes of a case; None where that is too much, or where it does not take the case."""
    if max(recipe.numel for _, recipe in leaves(case)) > MAX_ELEMENTS:
        return None
    work = work_of(task, case)
    images = is_product(task) and any(len(recipe.shape) > 3 for _, recipe in leaves(case))
    if work is None or work.largest > MAX_ELEMENTS or (images and work.results > MAX_PIXELS):
        return None
    return work


def is_product(task: Task) -> bool:
    """Whether the task multiplies matrices, or convolves."""
    first = [recipe.shape for _, recipe in leaves(task.fixed_cases[0])][:2]
    fitting = len(first) == 2 and min(map(len, first)) >= 2 and first[0][-1] == first[1][-2] != first[0][-2]
    return task.tf32 or task.compare == "quantised" or (task.accumulation is not None and fitting)


def _has_matrices(task: Task, case: Case) -> bool:
    """Whether matrices are decomposed or solved."""
    structured = any(recipe.fill.partition("(")[0] in STRUCTURED for _, recipe in leaves(case))
    return structured or ("A" in case.arguments and not is_product(task))


def _is_degenerate(task: Task, case: Case) -> bool:
    """Whether a case hides much of what is computed: by constant tensors or by factors of zero."""
    plain = {recipe.fill for _, recipe in leaves(task.fixed_cases[0])}
    constant = any(recipe.fill.startswith("constant") and recipe.fill not in plain for _, recipe in leaves(case))
    return constant or any(type(value) in (int, float) and value == 0 for value in map(case.arguments.get, FACTORS))
