"""GELU of a tensor, and of the sum or difference of two."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytest_kernelbench.authoring.families.contracts import any_shape
from pytest_kernelbench.authoring.strategies import (
    booleans,
    broadcast,
    choice,
    elementwise,
    integers,
    numbers,
    tensors,
)
from pytest_kernelbench.model.case import Case, Tensor
from pytest_kernelbench.model.task import FLOATS, Contract, Draw, DrawRequest, Task

CONTRACT = any_shape(inf=False)
"""Any shape, without infinities."""


def gelu(
    reference: Callable[..., Any],
    *,
    dtypes: tuple[str, ...] = FLOATS,
    contract: Contract = CONTRACT,
    **rest: Any,
) -> Task:
    """Task `(input, approximate="none")`: GELU of each element, exact or with the tanh approximation."""
    return elementwise(
        reference,
        dtypes=dtypes,
        contract=contract,
        options=lambda draw: {"approximate": draw(choice("none", "tanh"))},
        # The second is the longest case, on which the facet `values` tries every fill: a tanh made of exp overflows
        # there.
        keywords=({"approximate": "tanh"}, {"approximate": "tanh", "input": Tensor((1027,), dtypes[0])}),
        **rest,
    )


def gelu_of_two(reference: Callable[..., Any], sign: int, *, special: tuple[Case, ...] = (), **rest: Any) -> Task:
    """Task `(input, other, alpha=1, approximate="none", out=None)`: GELU of a sum, or of a difference if `sign` is -1.

    `other` is a tensor that broadcasts or a number. `special` are further fixed cases.
    """
    low, high = (-0.5, 1) if sign > 0 else (-1, 0.5)

    def cases(draw: Draw, given: DrawRequest) -> Case:
        # Far below zero GELU cancels in float32: if a draw moved all sums there, a right kernel would keep no digit.
        if given.facet == "values":
            left = right = draw(integers(1, 8)), draw(integers(16, 64))
        else:
            left, right = draw(broadcast(given))
        return Case(
            input=draw(tensors(given, left)),
            other=draw(numbers(low, high)) if draw(booleans()) else draw(tensors(given, right)),
            alpha=draw(choice(1, 0.5, -1)),
            approximate=draw(choice("none", "tanh")),
        )

    return Task(
        reference,
        cases,
        fixed_cases=(
            operands((4, 5), (4, 5)),
            operands((4, 5), (4, 5), approximate="tanh"),
            operands((129,), (129,), alpha=2),
            operands((3, 1025), (3, 1025), alpha=-0.5, approximate="tanh"),
            operands((1,), (1,)),
            operands((2, 3, 65), (65,)),
            operands((5, 1, 7), (3, 1), alpha=0.25),
            operands((17,), (4, 17)),
            operands((2, 2, 3, 17), (2, 2, 3, 17), alpha=-1),
            operands((4099,), (1,)),
            Case(input=Tensor((3, 127)), other=0.5 * sign),
            Case(input=Tensor((3, 127)), other=-0.5 * sign, alpha=3, approximate="tanh"),
            operands((), ()),
            *special,
            operands((2, 0, 3), (1, 3)),
        ),
        contract=CONTRACT,
        elementwise=True,
        **rest,
    )


def operands(left: tuple[int, ...], right: tuple[int, ...], dtype: str = "float32", **options: Any) -> Case:
    """Return the case of two shapes."""
    return Case(input=Tensor(left, dtype), other=Tensor(right, dtype), **options)
