"""The facets: the fixed cases that each one always runs, and its requests for drawn cases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace as with_fields

from pytest_kernelbench.model.case import FAR_LAYOUTS, Case, DType, Generator, Tensor, leaves, map_tensors, numel
from pytest_kernelbench.model.task import VALUE_FILLS, DrawRequest, Task
from pytest_kernelbench.wire import far

SEARCH: Mapping[str, int] = {
    "basic": 0,
    "sizes": 16,
    "dtypes": 8,
    "layouts": 8,
    "values": 8,
    "contract": 4,
    "engine": 4,
}
"""Share of each facet in the drawn cases, out of 48; `basic` draws none."""

SIZES_LIMIT = 4100
"""Largest number of elements of a drawn tensor in the facet `sizes`."""

LIMIT = 1024
"""Largest number of elements of a drawn tensor in the other facets."""

INEXACT = ("float", "bfloat", "complex")
"""Beginnings of the names of floating-point and complex dtypes."""

LARGE_INTEGERS = ("integers(-1000000000, 1000000000)", "wide")
"""Fills with integers that float32 cannot represent, and with those that neither float64 nor int32 can."""

OVERLAPPING = ("expanded",)
"""Layouts in which elements share memory, so that such a tensor cannot be written."""

CONTRACT_CASES = 4
"""Fixed cases of the facet `contract`, and of each dtype in the facet `dtypes`, besides special ones."""


def fixed_cases(task: Task, facet: str) -> list[Case]:
    """Return the fixed cases of a facet, each once, derived from the task's fixed cases."""
    makers = {
        "basic": _basic,
        "sizes": lambda task: [case for case in task.fixed_cases if not _about_dtypes(task, case)],
        "dtypes": _dtypes,
        "layouts": _layouts,
        "values": _values,
        "contract": lambda task: [*_few(task, CONTRACT_CASES), *filter(_about_options, task.fixed_cases)],
        "engine": _engine,
    }
    seen: dict[Case, None] = {}
    for case in makers[facet](task):
        seen.setdefault(settle(task, case))
    return list(seen)


def examples(facet: str, total: int) -> int:
    """Return the number of cases that are drawn for a facet, out of a total for all facets."""
    return round(total * SEARCH[facet] / sum(SEARCH.values()))


def draw_requests(task: Task, facet: str, dtypes: Sequence[str]) -> dict[str, DrawRequest]:
    """Return the requests of a facet by dtype; `dtypes` are those in which the kernel is known to be right."""
    requested = task.dtypes[1:] or task.dtypes if facet == "dtypes" else dtypes
    layouts = task.contract.layouts if facet in ("layouts", "contract") else ("contiguous",)
    return {
        dtype: DrawRequest(
            facet=facet,
            dtype=dtype,
            layouts=layouts,
            fills=_drawn_fills(task, dtype) if facet == "values" else ("normal",),
            limit=SIZES_LIMIT if facet == "sizes" else LIMIT,
            contract=task.contract,
        )
        for dtype in requested
    }


def _drawn_fills(task: Task, dtype: str) -> tuple[str, ...]:
    """Return the fills for drawn cases, without NaN if only some arguments may have it: strategies draw for any."""
    everywhere = isinstance(task.contract.nan, bool)
    return tuple(fill for fill in fills_for(task, dtype) if everywhere or fill != "nan")


def fills_for(task: Task, dtype: str) -> tuple[str, ...]:
    """Return the fills of the facet `values` that make sense in a dtype."""
    if dtype.startswith(INEXACT):
        return task.contract.fills
    return tuple(fill for fill in task.contract.fills if fill.startswith(("integers", "constant", "normal(0, 30")))


def settle(task: Task, case: Case) -> Case:
    """Return the case with written arguments in a layout without overlapping elements."""
    written = task.written(case)

    def change(path: str, recipe: Tensor) -> Tensor:
        if path.partition("[")[0] in written and recipe.layout in OVERLAPPING:
            return with_fields(recipe, layout="transposed")
        return recipe

    return map_tensors(case, change)


def _basic(task: Task) -> list[Case]:
    """The first fixed case with three seeds."""
    return [reseeded(task.fixed_cases[0], seed) for seed in range(3)]


def reseeded(case: Case, seed: int) -> Case:
    """Return the case with other seeds: new contents from the same distributions; `seed` is added to each."""
    return map_tensors(case, lambda path, recipe: with_fields(recipe, seed=recipe.seed + seed))


def edited(case: Case) -> Case:
    """Return the case with one element of each tensor changed, where the fill allows that."""
    return map_tensors(case, lambda path, recipe: with_fields(recipe, edited=True))


def _few(task: Task, count: int) -> list[Case]:
    """Return `count` fixed cases at most: the first one, and others spread evenly over the rest."""
    others = task.fixed_cases[1:]
    step = max(1, len(others) // max(1, count - 1))
    return [task.fixed_cases[0], *others[::step][: count - 1]]


def _about_options(case: Case) -> bool:
    """Whether a fixed case has options that only the facet `contract` can judge."""
    arguments = case.arguments.values()
    return bool(case.arguments.get("requires_grad")) or any(isinstance(value, Generator) for value in arguments)


def _about_dtypes(task: Task, case: Case) -> bool:
    """Whether a fixed case is about dtypes: its first tensor, or any floating-point one, has an unusual dtype."""
    plain, dtypes = ([recipe.dtype for _, recipe in leaves(each)] for each in (task.fixed_cases[0], case))
    unusual = any(dtype.startswith(INEXACT) and dtype != task.dtypes[0] for dtype in dtypes)
    return dtypes[:1] != plain[:1] or (unusual and task.dtypes[0].startswith(INEXACT))


def _dtypes(task: Task) -> list[Case]:
    """A few cases, the one with the longest sum, which shows a narrow accumulator, and those with a dtype argument."""
    longest = max(task.fixed_cases, key=task.accumulation) if task.accumulation else task.fixed_cases[0]
    named = [case for case in task.fixed_cases if any(isinstance(value, DType) for value in case.arguments.values())]
    bases = [*_few(task, CONTRACT_CASES), longest, *named]
    cases = [in_dtype(task, case, dtype) for dtype in task.dtypes[1:] or task.dtypes for case in bases]
    wide = [in_dtype(task, task.fixed_cases[0], dtype) for dtype in task.dtypes if dtype in ("int32", "int64")]
    cases += [case for case in task.fixed_cases if _about_dtypes(task, case)]
    return cases + [with_fill(case, fill, {"normal"}) for case in wide for fill in LARGE_INTEGERS]


def in_dtype(task: Task, case: Case, dtype: str) -> Case:
    """Return the case with another dtype in the place of the task's first one."""

    def change(path: str, recipe: Tensor) -> Tensor:
        return with_fields(recipe, dtype=dtype) if recipe.dtype == task.dtypes[0] else recipe

    return map_tensors(case, change)


def _layouts(task: Task) -> Iterator[Case]:
    """Every layout on all tensors at once, then one transposed tensor at a time: kernels often check the first only."""
    deep = sorted(task.fixed_cases, key=lambda case: -max((min(len(t.shape), 3) for _, t in leaves(case)), default=0))
    bases = [task.fixed_cases[0], *[case for case in deep if case is not task.fixed_cases[0]][:2]]
    for layout in task.contract.layouts[1:]:
        for base in bases:
            yield _laid_out(base, layout)
    for base in bases[:2]:
        paths = [path for path, _ in leaves(base)]
        if len(paths) > 1 and "transposed" in task.contract.layouts:
            for path in paths:
                yield _laid_out(base, "transposed", (path,))
    if "strided" in task.contract.layouts:
        yield from filter(is_far, (_far(task, base, layout) for layout in FAR_LAYOUTS for base in bases[:2]))


def _far(task: Task, base: Case, layout: str) -> Case:
    """Return the case with rows or columns that are far apart: in the task's table, or else in the largest tensor."""
    largest = max(leaves(base), key=lambda leaf: leaf[1].numel, default=("", Tensor(())))
    path, recipe = next((leaf for leaf in leaves(base) if leaf[0] == task.table), largest)
    possible = far.axis_of(with_fields(recipe, layout=layout)) is not None
    return _laid_out(base, layout, (path,) if possible else ())


def is_far(case: Case) -> bool:
    """Whether a tensor of the case takes more addresses than a kernel can count in 32 bits."""
    return any(recipe.layout in FAR_LAYOUTS for _, recipe in leaves(case))


def _laid_out(base: Case, layout: str, paths: Sequence[str] | None = None) -> Case:
    """Return the case with a layout on all tensors, or on those at the paths."""

    def change(path: str, recipe: Tensor) -> Tensor:
        return with_fields(recipe, layout=layout) if paths is None or path in paths else recipe

    return map_tensors(base, change)


def _values(task: Task) -> Iterator[Case]:
    """Every fill on the first fixed case, and on the largest one of at most `2 * LIMIT` elements."""
    largest = _largest(task, 2 * LIMIT)
    ordinary = {"normal", *own_fill(task)}
    for fill in fills_for(task, task.dtypes[0]):
        allowed = task.contract.nan if fill == "nan" and isinstance(task.contract.nan, tuple) else None
        for base in (task.fixed_cases[0], largest):
            yield with_fill(base, fill, ordinary, allowed)
    yield from task.value_cases


def with_fill(base: Case, fill: str, ordinary: set[str], allowed: Sequence[str] | None = None) -> Case:
    """Return the case with another fill in the place of ordinary ones, in all arguments or in the allowed ones."""

    def change(path: str, recipe: Tensor) -> Tensor:
        replaced = recipe.fill in ordinary and (allowed is None or path.partition("[")[0] in allowed)
        return with_fields(recipe, fill=fill) if replaced else recipe

    return map_tensors(base, change)


def own_fill(task: Task) -> list[str]:
    """Return the ordinary fill of a task whose contract has fills of its own to replace it; nothing for other tasks."""
    fills = [recipe.fill for _, recipe in leaves(task.fixed_cases[0])]
    own = task.contract.values != VALUE_FILLS and fills[0].startswith(("uniform", "normal"))
    return fills[:1] if own else []


def _engine(task: Task) -> list[Case]:
    """The first fixed case, the largest one of at most `SIZES_LIMIT` elements, and the last one."""
    return [task.fixed_cases[0], _largest(task, SIZES_LIMIT), task.fixed_cases[-1]]


def _largest(task: Task, limit: int) -> Case:
    """Return the fixed case with the most elements, among those with at most `limit`; the first if there is none."""

    def size(case: Case) -> int:
        return numel(case) if numel(case) <= limit else 0

    return max(task.fixed_cases, key=size)
