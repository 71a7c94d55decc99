"""Operations on two tensors that broadcast: shapes of operands, and the family of `add` and `sub`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytest_kernelbench.authoring.families.contracts import any_shape
from pytest_kernelbench.authoring.strategies import broadcast, choice, tensors
from pytest_kernelbench.model.case import Case, Tensor
from pytest_kernelbench.model.task import Draw, DrawRequest, Task

Shape = tuple[int, ...]

PAIRS: tuple[tuple[Shape, Shape], ...] = (
    ((4, 5), (4, 5)),
    ((1,), (1,)),
    ((129,), (129,)),
    ((1025,), (1025,)),
    ((3, 127), (3, 127)),
    ((4099,), (1,)),
    ((2, 3, 65), (65,)),
    ((1, 7), (5, 1)),
    ((2, 1, 3, 17), (4, 1, 17)),
    ((17,), (3, 5, 17)),
    ((3, 127), ()),
)
"""Shapes of two operands: equal ones, and every way in which one or both of them are repeated."""

DEGENERATE: tuple[tuple[Shape, Shape], ...] = (((0,), (0,)), ((2, 0, 3), (3,)), ((), ()))
"""Shapes of two operands without elements or without dimensions."""


def operands(
    left: Shape,
    right: Shape,
    kinds: tuple[str, str] = ("float32", "float32"),
    fills: tuple[str, str] = ("normal", "normal"),
    **options: Any,
) -> Case:
    """Return the case of two shapes, with dtypes and fills."""
    return Case(input=Tensor(left, kinds[0], fills[0]), other=Tensor(right, kinds[1], fills[1]), **options)


def scaled_sum(
    reference: Callable[..., Any], *, lengths: tuple[int, int] = (129, 127), bools: bool = True, **rest: Any
) -> Task:
    """Task `(input, other, alpha=1, out=None)`: input plus or minus alpha times other, with PyTorch's type promotion.

    `other` is a tensor that broadcasts or a number. `lengths` are those of two of the fixed cases, `bools` says whether
    bool tensors are legal.
    """

    def cases(draw: Draw, given: DrawRequest) -> Case:
        left, right = draw(broadcast(given))
        fill = "normal" if given.dtype.startswith("complex") else None
        mixed = given.facet == "dtypes" and left and right
        kind = draw(choice(given.dtype, "float32", "int32")) if mixed else given.dtype
        number = draw(choice(None, None, None, 3, -1.5))
        other = draw(tensors(given, right, kind, fill)) if number is None else number
        whole = given.dtype.startswith("int") and (kind.startswith("int") if number is None else number == 3)
        alpha = draw(choice(1, 2, -3) if whole else choice(1, 2, 0.5, -1.25))
        return Case(input=draw(tensors(given, left, fill=fill)), other=other, alpha=alpha)

    first, second = lengths
    return Task(
        reference,
        cases,
        # Integers take whole alphas only. No case that the facet `dtypes` turns into integers has a fractional one.
        fixed_cases=(
            operands((4, 5), (4, 5)),
            operands((1,), (1,)),
            operands((first,), (first,), alpha=0.5),
            operands((1025,), (1025,)),
            operands((3, second), (3, second), alpha=-2.5),
            operands((4099,), (1,)),
            operands((2, 3, 65), (65,), alpha=2),
            operands((1, 7), (5, 1), alpha=0.25),
            operands((2, 1, 3, 17), (4, 1, 17), alpha=3),
            operands((17,), (3, 5, 17)),
            operands((3, 127), ()),
            Case(input=Tensor((7, 33)), other=2.5),
            Case(input=Tensor((7, 33)), other=-3, alpha=2),
            *(operands(*pair) for pair in DEGENERATE),
            operands((7, 33), (7, 33), ("int32", "float32"), alpha=0.5),
            operands((7, 33), (33,), ("float32", "float64")),
            operands((7, 33), (7, 33), ("float16", "float32")),
            operands((7, 33), (7, 1), ("int32", "int64"), alpha=-2),
            Case(input=Tensor((7, 33), "int32"), other=1.5),
            *([operands((7, 33), (7, 33), ("bool", "bool"))] if bools else []),
            operands((2, 3, 65), (2, 3, 65)),
        ),
        dtypes=("float32", "float16", "bfloat16", "int64", "int32", "complex64"),
        contract=any_shape(),
        elementwise=True,
        **rest,
    )
