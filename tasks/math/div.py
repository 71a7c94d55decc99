"""input / other, rounded down or towards zero on request; other is a number or a tensor that broadcasts.

Without rounding, integers are promoted to the default floating dtype; with rounding they stay integers and are exact.
Integers and complex numbers are never divided by zero.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.authoring.families.broadcasting import DEGENERATE, operands
from pytest_kernelbench.authoring.families.contracts import any_shape
from pytest_kernelbench.authoring.strategies import broadcast, choice, tensors

DIVIDEND, DIVISOR = "normal(0, 30)", "integers(1, 9)"
"""Fills of rounded quotients: with small whole divisors a quotient is seldom so close to a whole number that its own
rounding error decides the result."""

LARGE = "integers(-1000000000, 1000000000)"
"""Integers that float32 cannot hold."""

AWAY_FROM_ZERO = "uniform(0.5, 4)"


def reference(input, other, rounding_mode=None, out=None):
    return input.div(other, rounding_mode=rounding_mode)


def cases(draw, given):
    left, right = draw(broadcast(given))
    real = not given.dtype.startswith("complex")
    mode = draw(choice(None, None, "floor", "trunc")) if real else None
    mixed = given.facet == "dtypes" and left and right
    kind = draw(choice(given.dtype, "float32", "int32")) if mixed else given.dtype
    if mode is not None:
        dividend, divisor = DIVIDEND, draw(choice(DIVISOR, "integers(-8, 0)"))
    else:
        dividend = None if real else "normal"
        divisor = None if real and given.facet == "values" and "float" in kind else AWAY_FROM_ZERO
    other = draw(choice(None, None, None, 3, -1.5))
    if other is None:
        other = draw(tensors(given, right, kind, divisor))
    return Case(input=draw(tensors(given, left, fill=dividend)), other=other, rounding_mode=mode)


def pair(left, right, kinds=("float32", "float32")):
    """Return the case of two shapes and two dtypes."""
    return operands(left, right, kinds, ("normal", AWAY_FROM_ZERO))


def rounded(mode, left, right, kinds=("float32", "float32"), dividend=DIVIDEND, divisor=DIVISOR):
    """Return the case of two shapes with a rounded quotient."""
    return operands(left, right, kinds, (dividend, divisor), rounding_mode=mode)


task = Task(
    reference,
    cases,
    fixed_cases=(
        pair((4, 5), (4, 5)),
        pair((1,), (1,)),
        pair((129,), (129,)),
        rounded("floor", (3, 127), (3, 127)),
        rounded("trunc", (1025,), (1,), divisor="integers(-8, 0)"),
        rounded("floor", (2, 3, 65), (65,), divisor="integers(-8, 0)"),
        Case(input=Tensor((4099,)), other=2.5),
        Case(input=Tensor((7, 33), fill=DIVIDEND), other=-3, rounding_mode="trunc"),
        pair((2, 1, 3, 17), (4, 1, 17)),
        pair((1, 7), (5, 1)),
        pair((17,), (3, 5, 17)),
        *(pair(*shapes) for shapes in DEGENERATE),
        pair((7, 33), (7, 33), ("float16", "float32")),
        pair((2, 3, 65), ()),
        pair((7, 33), (33,), ("float32", "float64")),
        pair((7, 33), (7, 33), ("int32", "int64")),
        rounded("floor", (7, 33), (7, 33), ("int64", "int64"), LARGE),
        rounded("trunc", (7, 33), (33,), ("int64", "int32"), LARGE, "integers(-8, 0)"),
        rounded("floor", (7, 33), (7, 1), ("int32", "int32"), divisor="integers(-8, 0)"),
        rounded("floor", (7, 33), (7, 33), ("int32", "float32")),
        Case(input=Tensor((7, 33), "int64", LARGE), other=-7, rounding_mode="floor"),
        pair((2, 3, 65), (2, 3, 65)),
    ),
    dtypes=("float32", "float16", "bfloat16", "int64", "int32", "complex64"),
    # Denormals are left out: a GPU may flush them to zero, where the quotient is infinite.
    contract=any_shape(denormals=False),
    elementwise=True,
    workloads={
        "bert_large_score_scale": Case(input=Tensor((16, 16, 512, 512), "float16"), other=8.0),
        "imagenet_deviation": pair((256, 3, 224, 224), (3, 1, 1)),
    },
)
