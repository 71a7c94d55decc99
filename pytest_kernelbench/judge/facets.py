"""The facets: which fixed cases each one always runs, and what it asks of the cases that are drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace as with_fields

from pytest_kernelbench.model.case import Case, DType, Tensor, leaves, map_tensors
from pytest_kernelbench.model.task import VALUE_FILLS, Given, Task

SEARCH: Mapping[str, int] = {
    "basic": 0,
    "sizes": 16,
    "dtypes": 8,
    "layouts": 8,
    "values": 8,
    "contract": 4,
    "engine": 4,
}
"""How a budget of 48 drawn cases is shared; `basic` is the plainest case and nothing else."""

SIZES_LIMIT, LIMIT = 4100, 1024
"""Most elements of a drawn tensor in the facet `sizes`, and in the others."""

LARGE_INTEGERS = "integers(-1000000000, 1000000000)"
"""Integers that float32 cannot hold."""

UNIQUE_ROWS = ("expanded",)
"""Layouts in which elements share memory: nothing may write them."""


def spine(task: Task, facet: str) -> list[Case]:
    """Return the fixed cases of a facet, derived from the author's spine."""
    makers = {
        "basic": _basic,
        "sizes": lambda task: [case for case in task.spine if not _foreign(task, case)],
        "dtypes": _dtypes,
        "layouts": _layouts,
        "values": _values,
        "contract": lambda task: _few(task, 4),
        "engine": _engine,
    }
    seen: dict[Case, None] = {}
    for case in makers[facet](task):
        seen.setdefault(settle(task, case))
    return list(seen)


def examples(facet: str, total: int) -> int:
    """Return how many cases of a total are drawn for a facet."""
    return round(total * SEARCH[facet] / sum(SEARCH.values()))


def given(task: Task, facet: str, dtypes: Sequence[str]) -> dict[str, Given]:
    """Return what the facet asks of a drawn case, by dtype; `dtypes` are those in which the kernel is known to work."""
    asked = task.dtypes[1:] or task.dtypes if facet == "dtypes" else dtypes
    layouts = task.contract.layouts if facet in ("layouts", "contract") else ("contiguous",)
    return {
        dtype: Given(
            facet=facet,
            dtype=dtype,
            layouts=layouts,
            fills=_drawn_fills(task, dtype) if facet == "values" else ("normal",),
            limit=SIZES_LIMIT if facet == "sizes" else LIMIT,
            contract=task.contract,
        )
        for dtype in asked
    }


def _drawn_fills(task: Task, dtype: str) -> tuple[str, ...]:
    """Leave out what only some arguments may have: strategies do not know for which they draw."""
    everywhere = isinstance(task.contract.nan, bool)
    return tuple(fill for fill in fills_for(task, dtype) if everywhere or fill != "nan")


def fills_for(task: Task, dtype: str) -> tuple[str, ...]:
    """Return the fills of the facet `values` that mean something in a dtype."""
    if dtype.startswith(("float", "bfloat", "complex")):
        return task.contract.fills
    return tuple(fill for fill in task.contract.fills if fill.startswith(("integers", "constant", "normal(0, 30")))


def settle(task: Task, case: Case) -> Case:
    """Return the case with written arguments in a layout whose elements do not share memory."""
    written = task.written(case)

    def change(path: str, recipe: Tensor) -> Tensor:
        if path.partition("[")[0] in written and recipe.layout in UNIQUE_ROWS:
            return with_fields(recipe, layout="transposed")
        return recipe

    return map_tensors(case, change)


def _basic(task: Task) -> list[Case]:
    return [reseeded(task.spine[0], seed) for seed in range(3)]


def reseeded(case: Case, seed: int) -> Case:
    """Return the case with other contents of the same distributions."""
    return map_tensors(case, lambda path, recipe: with_fields(recipe, seed=recipe.seed + seed))


def edited(case: Case) -> Case:
    """Return the case with one element of each tensor changed, where that can be done: a sample would not show it."""
    return map_tensors(case, lambda path, recipe: with_fields(recipe, edited=True))


def _few(task: Task, count: int) -> list[Case]:
    """Return the first case of the spine and others spread over it."""
    others = task.spine[1:]
    step = max(1, len(others) // max(1, count - 1))
    return [task.spine[0], *others[::step][: count - 1]]


def _foreign(task: Task, case: Case) -> bool:
    """Whether a case of the spine is about dtypes: of its first tensor, or of any floating one."""
    plain, kinds = ([recipe.dtype for _, recipe in leaves(each)] for each in (task.spine[0], case))
    inexact = ("float", "bfloat", "complex")
    odd = any(kind.startswith(inexact) and kind != task.dtypes[0] for kind in kinds)
    return kinds[:1] != plain[:1] or (odd and task.dtypes[0].startswith(inexact))


def _dtypes(task: Task) -> list[Case]:
    """A few cases, the one with the longest sum (there a narrow accumulator shows), and those that name a dtype."""
    longest = max(task.spine, key=task.accumulation) if task.accumulation else task.spine[0]
    named = [case for case in task.spine if any(isinstance(value, DType) for value in case.arguments.values())]
    cases = [*_few(task, 4), longest, *named]
    made = [in_dtype(task, case, dtype) for dtype in task.dtypes[1:] or task.dtypes for case in cases]
    wide = [in_dtype(task, task.spine[0], dtype) for dtype in task.dtypes if dtype in ("int32", "int64")]
    made += [case for case in task.spine if _foreign(task, case)]
    return made + [_filled(case, LARGE_INTEGERS, {"normal"}) for case in wide]


def in_dtype(task: Task, case: Case, dtype: str) -> Case:
    """Return the case with another dtype in place of the task's first."""

    def change(path: str, recipe: Tensor) -> Tensor:
        return with_fields(recipe, dtype=dtype) if recipe.dtype == task.dtypes[0] else recipe

    return map_tensors(case, change)


def _layouts(task: Task) -> Iterator[Case]:
    """Every layout on all tensors at once, then each tensor alone transposed: kernels often look at the first only."""
    deep = sorted(task.spine, key=lambda case: -max((min(len(t.shape), 3) for _, t in leaves(case)), default=0))
    bases = [task.spine[0], *[case for case in deep if case is not task.spine[0]][:2]]
    for layout in task.contract.layouts[1:]:
        for base in bases:
            yield _laid_out(base, layout)
    for base in bases[:2]:
        paths = [path for path, _ in leaves(base)]
        if len(paths) > 1 and "transposed" in task.contract.layouts:
            for alone in paths:
                yield _alone(base, alone)


def _laid_out(base: Case, layout: str) -> Case:
    return map_tensors(base, lambda path, recipe: with_fields(recipe, layout=layout))


def _alone(base: Case, alone: str) -> Case:
    return map_tensors(base, lambda path, recipe: with_fields(recipe, layout="transposed") if path == alone else recipe)


def _values(task: Task) -> Iterator[Case]:
    """Every fill on the plainest case, and on the longest one that is still quick."""
    longest = max(task.spine, key=lambda case: size if (size := _elements(case)) <= 2 * LIMIT else 0)
    ordinary = {"normal", *_own_fill(task)}

    for fill in fills_for(task, task.dtypes[0]):
        allowed = task.contract.nan if fill == "nan" and isinstance(task.contract.nan, tuple) else None
        for base in (task.spine[0], longest):
            yield _filled(base, fill, ordinary, allowed)


def _filled(base: Case, fill: str, ordinary: set[str], allowed: Sequence[str] | None = None) -> Case:
    """Return the case with another fill in the place of ordinary ones, in all arguments or in those that are named."""

    def change(path: str, recipe: Tensor) -> Tensor:
        meant = recipe.fill in ordinary and (allowed is None or path.partition("[")[0] in allowed)
        return with_fields(recipe, fill=fill) if meant else recipe

    return map_tensors(base, change)


def _own_fill(task: Task) -> list[str]:
    """Return the ordinary range of a task that has fills of its own: those are made to take its place."""
    fills = [recipe.fill for _, recipe in leaves(task.spine[0])]
    own = task.contract.values != VALUE_FILLS and fills[0].startswith(("uniform", "normal"))
    return fills[:1] if own else []


def _engine(task: Task) -> list[Case]:
    largest = max(task.spine, key=lambda case: size if (size := _elements(case)) <= SIZES_LIMIT else 0)
    return [task.spine[0], largest, task.spine[-1]]


def _elements(case: Case) -> int:
    return sum(recipe.numel for _, recipe in leaves(case))
