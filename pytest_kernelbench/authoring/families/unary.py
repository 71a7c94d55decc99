"""Operations on one tensor, element by element, whose fixed cases each have a fill of their own."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from pytest_kernelbench.authoring.strategies import shapes, tensors
from pytest_kernelbench.model.case import Case, Tensor
from pytest_kernelbench.model.task import Draw, DrawRequest, Task

SHAPES = ((4, 5), (1,), (129,), (1025,), (3, 127), (2, 3, 65), (2, 2, 3, 17), (4099,))
"""Shapes of the ordinary cases."""


def unary(
    reference: Callable[..., Any],
    fill: str,
    *,
    special: Sequence[tuple[tuple[int, ...], str]],
    ordinary_shapes: Sequence[tuple[int, ...]] = SHAPES,
    **rest: Any,
) -> Task:
    """Task of one tensor in and one of the same shape out.

    `fill` is the ordinary distribution. `special` are shapes and fills of further cases. `elementwise` is the family of
    tasks that do not need those.
    """
    (first, *_) = inspect.signature(reference).parameters

    def cases(draw: Draw, given: DrawRequest) -> Case:
        kept = None if given.facet == "values" else fill
        return Case(**{first: draw(tensors(given, draw(shapes(given, 1, 4)), fill=kept))})

    plain = [(shape, fill) for shape in ordinary_shapes]
    fixed = tuple(Case(**{first: Tensor(shape, fill=each)}) for shape, each in (*plain, *special))
    return Task(reference, cases, fixed_cases=fixed, elementwise=True, **rest)
