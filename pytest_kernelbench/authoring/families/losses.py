"""Losses: of the error of each element, and of class indices or even probabilities."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from pytest_kernelbench.authoring.families.contracts import FINITE
from pytest_kernelbench.authoring.strategies import booleans, choice, shapes, tensors
from pytest_kernelbench.model.case import Case, Tensor
from pytest_kernelbench.model.task import Contract, Draw, DrawRequest, Task

CLASS_WEIGHTS = "uniform(0.1, 2)"
"""Fill of the weights of classes or elements."""

Shape = tuple[int, ...]


def reduced_losses(case: Case, tensor: str = "input") -> int:
    """Return how many losses are added up: as many as the tensor of this name has elements, or 1 without reduction."""
    return 1 if case.arguments.get("reduction") == "none" else math.prod(case.arguments[tensor].shape)


def error_loss(
    reference: Callable[..., Any],
    fixed_cases: tuple[Case, ...],
    *,
    options: Callable[[Draw], Mapping[str, Any]] | None = None,
    **rest: Any,
) -> Task:
    """Task `(input, target, ..., reduction="mean")`: a function of the error of each element, reduced on request.

    `options(draw)` draws further arguments.
    """

    def cases(draw: Draw, given: DrawRequest) -> Case:
        shape = draw(shapes(given, 1, 4))
        return Case(
            input=draw(tensors(given, shape)),
            target=draw(tensors(given, shape)),
            **(options(draw) if options else {}),
            reduction=draw(choice("mean", "sum", "none")),
        )

    contract = Contract(zero_dim=True)
    return Task(reference, cases, fixed_cases, contract=contract, accumulation=reduced_losses, **rest)


def pair(*shape: int, dtype: str = "float32", **options: Any) -> Case:
    """Return the case of an input and a target of the shape."""
    return Case(input=Tensor(shape, dtype), target=Tensor(shape, dtype, seed=1), **options)


def class_loss(
    reference: Callable[..., Any], special: tuple[Case, ...], *, fill: str | None = None, **rest: Any
) -> Task:
    """Task `(input, target, weight=None, ignore_index=-100, reduction="mean")` of logits and class indices.

    `special` are further fixed cases and `fill` is that of the logits.
    """

    def cases(draw: Draw, given: DrawRequest) -> Case:
        shape = draw(shapes(given, 2, 5))
        ignore = draw(choice(-100, -100, 0, -1))
        return Case(
            input=draw(tensors(given, shape, fill=fill)),
            target=draw(tensors(given, target_shape(shape), "int64", classes(shape, ignore == -1))),
            weight=draw(tensors(given, shape[1:2], fill=CLASS_WEIGHTS)) if draw(booleans()) else None,
            ignore_index=ignore,
            reduction=draw(choice("mean", "sum", "none")),
        )

    kept = fill or "normal"
    plain = (
        logits((8, 5), fill=kept),
        logits((1, 1), fill=kept),
        logits((33, 7), fill=kept, reduction="none"),
        logits((129, 3), fill=kept, weighted=True),
        logits((64, 5, 2, 2), fill=kept),
        logits((3, 1025), fill=kept, reduction="sum"),
    )
    large = (
        logits((257, 5, 2, 2), fill=kept),
        logits((4_200, 3), fill=kept, weighted=True),
        logits((2, 257, 5, 7), fill=kept, weighted=True, reduction="none"),
        logits((2, 3, 2_100), fill=kept, weighted=True, reduction="none"),
        logits((3, 131_101), fill=kept, target="integers(131000, 131101)", reduction="sum"),
    )
    return Task(reference, cases, (*plain, *special), large=large, contract=FINITE, **rest)


def logits(
    shape: Shape,
    dtype: str = "float32",
    fill: str = "normal",
    target: str | None = None,
    weighted: bool = False,
    **options: Any,
) -> Case:
    """Return the case of logits of the shape; `target` is the fill of the targets where it is not any class."""
    weight = class_weights(shape, dtype, weighted)
    return Case(input=Tensor(shape, dtype, fill), target=indices(shape, target), **weight, **options)


def target_shape(shape: Shape) -> Shape:
    """Return the shape of the logits without their dimension of classes, which is the second."""
    return (shape[0], *shape[2:])


def classes(shape: Shape, outside: bool = False) -> str:
    """Return the fill of the targets: any class, and -1 too where that is the index to ignore."""
    return f"integers({-1 if outside else 0}, {shape[1]})"


def even(shape: Shape) -> str:
    """Return the fill of targets that are probabilities: the same for all classes."""
    return f"constant({1 / shape[1]})"


def indices(shape: Shape, fill: str | None = None) -> Tensor:
    """Return target classes for logits of the shape; `fill` is theirs where it is not any class."""
    return Tensor(target_shape(shape), "int64", fill or classes(shape))


def class_weights(shape: Shape, dtype: str, weighted: bool) -> dict[str, Any]:
    """Return the argument `weight` of logits of the shape, if there is one."""
    return {"weight": Tensor(shape[1:2], dtype, CLASS_WEIGHTS)} if weighted else {}
