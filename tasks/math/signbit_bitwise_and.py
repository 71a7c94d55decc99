"""The pair (signbit(input), input & other), where other is an integer or bool tensor.

As in the documented example, a floating input is truncated to the integer dtype of `other`, which is the result's. Not
documented, and not tested: an input of another integer dtype, a floating input with a bool `other`, broadcasting.

The shipped reference computes the AND in int8.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.authoring.families.contracts import domain
from pytest_kernelbench.authoring.strategies import choice, shapes, tensors

ORDINARY = "uniform(-100, 100)"
"""Numbers in the range of every signed integer dtype."""

BITS = "integers(-128, 128)"


def reference(input, other):
    return input.signbit(), input.to(other.dtype).bitwise_and(other)


def cases(draw, given):
    shape = draw(shapes(given, 1, 4))
    whole = draw(choice(None, None, None, "int32", "int64", "bool")) if given.facet == "dtypes" else None
    if whole is not None:
        return Case(input=draw(tensors(given, shape, whole, BITS)), other=draw(tensors(given, shape, whole, BITS)))
    fill = None if given.facet == "values" else ORDINARY
    other = draw(tensors(given, shape, draw(choice("int8", "int16", "int32", "int64")), BITS))
    return Case(input=draw(tensors(given, shape, fill=fill)), other=other)


def pair(shape, kind="int8", fill=ORDINARY):
    """Return the case of a floating input and an `other` of an integer dtype."""
    return Case(input=Tensor(shape, fill=fill), other=Tensor(shape, kind, BITS))


def whole(shape, kind):
    """Return the case of two tensors of one integer or bool dtype."""
    return Case(input=Tensor(shape, kind, BITS), other=Tensor(shape, kind, BITS))


task = Task(
    reference,
    cases,
    fixed_cases=(
        pair((4, 5)),
        pair((1,)),
        pair((129,)),
        pair((1025,), "int32"),
        pair((3, 127), "int64"),
        pair((2, 3, 65), "int16"),
        pair((2, 2, 3, 17)),
        pair((4099,), "int32"),
        pair((129,), fill="signed_zeros"),
        pair((129,), "int32", "normal(0, 1000000)"),
        pair((0,)),
        pair((2, 0, 3), "int32"),
        pair(()),
        whole((3, 127), "int8"),
        whole((3, 127), "int32"),
        whole((2, 3, 65), "int64"),
        whole((3, 127), "bool"),
        pair((3, 129), "int32"),
    ),
    # NaN, infinities and outliers are left out: they do not fit in an integer.
    contract=domain(
        "normal(0, 1)",
        "normal(0, 0.01)",
        "uniform(-5, 5)",
        "constant(1)",
        "integers(0, 2)",
        "integers(-3, 4)",
        "signed_zeros",
        "denormals",
    ),
    workloads={"elements_64m": pair((8192, 8192), "int32")},
)
