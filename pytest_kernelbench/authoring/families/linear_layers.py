"""Linear layers, `input @ weight.T + bias` with an optional bias, that a further step follows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytest_kernelbench.authoring.families.contracts import FINITE
from pytest_kernelbench.authoring.families.products import unit_sums
from pytest_kernelbench.authoring.strategies import booleans, choice, sizes, tensors
from pytest_kernelbench.model.case import Case, Tensor
from pytest_kernelbench.model.task import Contract, Draw, DrawRequest, Task

Shape = tuple[int, ...]

Sizes = tuple[Shape, int, int]
"""A batch shape and the numbers of features before and after the layer."""

Fill = str | Callable[[int], str]
"""A fill, or a function that makes one of the number of features before the layer."""


def linear_layer(
    reference: Callable[..., Any],
    cases: Callable[[Draw, DrawRequest], Case],
    fixed_cases: tuple[Case, ...],
    *,
    contract: Contract = FINITE,
    **rest: Any,
) -> Task:
    """Task of a linear layer that a further step follows; its sums may be computed in TF32."""
    fields = {"accumulation": lambda case: case.weight.shape[1], **rest}
    return Task(reference, cases, fixed_cases, contract=contract, tf32=True, **fields)


def drawn_sizes(draw: Draw, given: DrawRequest, widest: int = 130) -> Sizes:
    """Draw the sizes of a layer with at most `widest` features after it."""
    inner = draw(sizes(given, 1, 130))
    outer = draw(sizes(given, 1, min(widest, given.limit // inner)))
    room = min(given.limit // max(inner, outer), 32)
    batch = draw(choice((room,), (max(1, room // 4), min(room, 3)), (2, 1, max(1, room // 2)), ()))
    return batch, inner, outer


def drawn_layer(
    draw: Draw,
    given: DrawRequest,
    weight: Fill | None = None,
    *,
    fill: str | None = None,
    of: Sizes | None = None,
) -> dict[str, Tensor | None]:
    """Draw `input`, `weight` and `bias` of a layer of the sizes `of`, which are drawn first if they are not given.

    `weight` is the fill of the weight and `fill` that of the others; None leaves a fill to the facet.
    """
    batch, inner, outer = of or drawn_sizes(draw, given)
    return {
        "input": draw(tensors(given, (*batch, inner), fill=fill)),
        "weight": draw(tensors(given, (outer, inner), fill=weight(inner) if callable(weight) else weight)),
        "bias": draw(tensors(given, (outer,), fill=fill)) if draw(booleans()) else None,
    }


def layer(
    batch: Shape,
    inner: int,
    outer: int,
    *,
    bias: bool = True,
    dtype: str = "float32",
    fill: str = "normal",
    weight: Fill = "normal",
    **options: Any,
) -> Case:
    """Return the case of a batch shape and two numbers of features; the fills are as in `drawn_layer`."""
    return Case(
        input=Tensor((*batch, inner), dtype, fill),
        weight=Tensor((outer, inner), dtype, weight(inner) if callable(weight) else weight),
        bias=Tensor((outer,), dtype, fill) if bias else None,
        **options,
    )


def unit_layer(*sizes: Any, **options: Any) -> Case:
    """Return the case of `layer` with weights that keep its sums near 1."""
    return layer(*sizes, weight=unit_sums, **options)
