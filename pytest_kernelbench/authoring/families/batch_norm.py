"""Batch normalisation of each channel, alone or with an activation after it."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from typing import Any

from pytest_kernelbench.authoring.strategies import booleans, choice, numbers, shapes, tensors
from pytest_kernelbench.model.case import Case, Tensor
from pytest_kernelbench.model.task import Contract, Draw, DrawRequest, Task

VARIANCES = "uniform(0.5, 2)"
"""Fill of running variances."""


def batch_norm(
    reference: Callable[..., Any],
    fixed_cases: tuple[Case, ...],
    *,
    max_dims: int = 5,
    options: Callable[[Draw], Mapping[str, Any]] | None = None,
    **rest: Any,
) -> Task:
    """Task whose parameters are those of `torch.nn.functional.batch_norm`, by their positions, and `options`.

    The contents of the running statistics after the call are part of the result.
    """
    (first, *_) = inspect.signature(reference).parameters

    def cases(draw: Draw, given: DrawRequest) -> Case:
        shape = draw(shapes(given, 2, max_dims))
        channels = (shape[1],)
        # The variance of one value is not defined. That of two is mostly rounding where they happen to be close.
        training = draw(booleans()) if math.prod(shape) >= 4 * shape[1] else False
        return Case(
            **{first: draw(tensors(given, shape))},
            running_mean=draw(tensors(given, channels)),
            running_var=draw(tensors(given, channels, fill=VARIANCES)),
            weight=draw(tensors(given, channels)) if draw(booleans()) else None,
            bias=draw(tensors(given, channels)) if draw(booleans()) else None,
            training=training,
            momentum=draw(numbers(0.0, 1.0)),
            eps=draw(choice(1e-5, 1e-3, 0.1)),
            **(options(draw) if options else {}),
        )

    def values(case: Case) -> int:
        """Return the number of values that one channel is normalised by."""
        recipe: Tensor = case.arguments[first]
        return recipe.numel // recipe.shape[1] if case.arguments.get("training") else 1

    return Task(
        reference,
        cases,
        fixed_cases,
        contract=Contract(inf=False),
        accumulation=values,
        mutates=("running_mean", "running_var"),
        **rest,
    )


def batch(
    *shape: int, first: str = "input", weight: bool = False, bias: bool = False, dtype: str = "float32", **options: Any
) -> Case:
    """Return the case of an input of the shape with parameters for its channels; `first` is the input's name."""
    channels = shape[1:2]
    return Case(
        **{first: Tensor(shape, dtype)},
        running_mean=Tensor(channels, dtype),
        running_var=Tensor(channels, dtype, VARIANCES),
        weight=Tensor(channels, dtype) if weight else None,
        bias=Tensor(channels, dtype) if bias else None,
        **options,
    )
