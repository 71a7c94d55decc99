"""Families of tasks: whole tasks for operations that differ only in their formula."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from pytest_kernelbench.authoring.strategies.primitives import booleans, dim_sets, dims, shapes, tensors
from pytest_kernelbench.model.case import Case, Tensor, replace
from pytest_kernelbench.model.task import FLOATS, Contract, Draw, DrawRequest, Task

ELEMENTWISE_SHAPES = ((4, 5), (1,), (129,), (1025,), (3, 127), (2, 3, 65), (2, 2, 3, 17), (4099,))
REDUCTION_SHAPES = ((6, 40), (1, 1), (7, 129), (3, 1025), (5, 6, 7), (2, 3, 4, 33), (2, 2049), (33, 2))


def elementwise(
    reference: Callable[..., Any],
    *,
    fill: str = "normal",
    dtypes: tuple[str, ...] = FLOATS,
    contract: Contract | None = None,
    options: Callable[[Draw], Mapping[str, Any]] | None = None,
    keywords: tuple[Mapping[str, Any], ...] = (),
    **rest: Any,
) -> Task:
    """Return a task with one input tensor and one result of the same shape.

    `reference` takes the tensor first. `fill` is the distribution of ordinary values, where `normal` would leave the
    domain. `options(draw)` draws further arguments, and `keywords` are values of them for the fixed cases. By default
    every shape is legal, including those without elements or without dimensions. `rest` are further fields of `Task`.
    """
    first = next(iter(_parameters(reference)))
    kept = None if fill == "normal" else fill

    def cases(draw: Draw, given: DrawRequest) -> Case:
        fixed = kept if given.facet != "values" else None
        tensor = draw(tensors(given, draw(shapes(given, 1, 4)), fill=fixed))
        return Case(**{first: tensor}, **(options(draw) if options else {}))

    allowed = contract or Contract(empty=True, zero_dim=True)
    edges = (((0,), (2, 0, 3)) if allowed.empty else ()) + (((),) if allowed.zero_dim else ())
    plain = [Case(**{first: Tensor(shape, dtypes[0], fill)}) for shape in (*ELEMENTWISE_SHAPES, *edges)]
    special = [replace(case, **extra) for extra in keywords for case in (plain[0], plain[4])]
    return Task(
        reference,
        cases,
        fixed_cases=(*plain, *special),
        dtypes=dtypes,
        contract=allowed,
        **{"elementwise": True, **rest},
    )


def reduction(
    reference: Callable[..., Any],
    *,
    several: bool = True,
    none: bool = True,
    dtypes: tuple[str, ...] = FLOATS,
    contract: Contract | None = None,
    options: Callable[[Draw], Mapping[str, Any]] | None = None,
    keywords: tuple[Mapping[str, Any], ...] = (),
    **rest: Any,
) -> Task:
    """Return a task that reduces the dimensions `dim` of one tensor, with the option `keepdim`.

    `reference` takes the tensor first. `several` allows a tuple as `dim`, `none` allows None (all dimensions).
    `options(draw)` draws further arguments, and `keywords` are values of them for the fixed cases. `rest` are further
    fields of `Task`; `accumulation` defaults to the number of elements that are reduced to one.
    """
    first = next(iter(_parameters(reference)))

    def cases(draw: Draw, given: DrawRequest) -> Case:
        shape = draw(shapes(given, 1, 4))
        dim = draw(dim_sets(shape, none=none) if several else dims(shape))
        tensor = draw(tensors(given, shape))
        return Case(**{first: tensor}, dim=dim, keepdim=draw(booleans()), **(options(draw) if options else {}))

    plain = [Case(**{first: Tensor(shape, dtypes[0])}, dim=-1) for shape in REDUCTION_SHAPES]
    turned = [
        Case(**{first: Tensor((5, 6, 7), dtypes[0])}, dim=1, keepdim=True),
        Case(**{first: Tensor((5, 6, 7), dtypes[0])}, dim=0),
        Case(**{first: Tensor((130, 3), dtypes[0])}, dim=-2, keepdim=True),
    ]
    if several:
        turned.append(Case(**{first: Tensor((4, 5, 6), dtypes[0])}, dim=(0, 2)))
    if none:
        turned.append(Case(**{first: Tensor((4, 5, 6), dtypes[0])}, dim=None))
    special = [replace(case, **extra) for extra in keywords for case in (plain[0], turned[0])]
    return Task(
        reference,
        cases,
        fixed_cases=(*plain, *turned, *special),
        dtypes=dtypes,
        contract=contract or Contract(),
        accumulation=rest.pop("accumulation", None) or (lambda case: reduced(case.arguments[first].shape, case.dim)),
        **rest,
    )


def reduced(shape: tuple[int, ...], dim: int | tuple[int, ...] | None) -> int:
    """Return the number of elements that a reduction over `dim` combines into one."""
    if not shape or dim is None:
        return math.prod(shape)
    axes = dim if isinstance(dim, tuple) else (dim,)
    return math.prod(shape[axis] for axis in axes)


def _parameters(reference: Callable[..., Any]) -> Mapping[str, Any]:
    import inspect

    return inspect.signature(reference).parameters
