"""input & other, bit by bit, of integer or bool tensors that broadcast; the result has the wider of two dtypes."""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task
from pytest_kernelbench.authoring.families.broadcasting import DEGENERATE, PAIRS, operands
from pytest_kernelbench.authoring.strategies import broadcast, choice, tensors

LARGE = "integers(-2147483648, 2147483648)"


def reference(input, other, out=None):
    return input.bitwise_and(other)


def cases(draw, given):
    left, right = draw(broadcast(given))
    mixed = given.facet == "dtypes" and left and right
    kind = draw(choice(given.dtype, given.dtype, "int64", "uint8")) if mixed else given.dtype
    return Case(input=draw(tensors(given, left)), other=draw(tensors(given, right, kind)))


def pair(left, right, kinds=("int32", "int32"), fill="normal"):
    """Return the case of two shapes and two dtypes."""
    return operands(left, right, kinds, (fill, fill))


task = Task(
    reference,
    cases,
    fixed_cases=(
        *(pair(*shapes) for shapes in (*PAIRS, *DEGENERATE)),
        pair((129,), (129,), fill=LARGE),
        pair((129,), (129,), ("int64", "int64"), "integers(-9000000000000000, 9000000000000000)"),
        pair((7, 33), (7, 33), ("int32", "int64"), LARGE),
        pair((7, 33), (33,), ("uint8", "int32"), "integers(0, 256)"),
        pair((7, 33), (7, 33), ("int8", "uint8"), "integers(0, 128)"),
        pair((7, 33), (7, 33), ("bool", "int16")),
        pair((2, 3, 65), (2, 3, 65)),
    ),
    dtypes=("int32", "int64", "int16", "int8", "uint8", "bool"),
    contract=Contract(
        values=(
            "integers(-3, 4)",
            "integers(0, 2)",
            "integers(-128, 256)",
            "constant(1)",
            "constant(-1)",
            "normal(0, 30)",
        ),
        empty=True,
        zero_dim=True,
    ),
    elementwise=True,
    workloads={
        "causal_and_padding_masks": pair((1, 1, 8192, 8192), (8, 1, 1, 8192), ("bool", "bool")),
        "elements_64m": pair((8192, 8192), (8192, 8192), fill=LARGE),
    },
)
