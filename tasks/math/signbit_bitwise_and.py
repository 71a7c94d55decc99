"""Sign bit of input as bool, and the bitwise AND of input with an integer or bool tensor, as a pair.

As in the documented example, a floating input is truncated to the integer dtype of `other`, which is the result's. How
an input of another integer dtype, or a floating one beside bools, is converted is not documented, nor is broadcasting.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.strategies import choice, shapes, tensors

ORDINARY = "uniform(-100, 100)"
"""Numbers that every signed integer dtype holds."""

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
    """Return the case of a floating input and an `other` of that integer dtype."""
    return Case(input=Tensor(shape, fill=fill), other=Tensor(shape, kind, BITS))


def whole(shape, kind):
    """Return the case of two tensors of one integer or bool dtype."""
    return Case(input=Tensor(shape, kind, BITS), other=Tensor(shape, kind, BITS))


task = Task(
    reference,
    cases,
    spine=(
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
    # Without NaN, infinities and outliers: an integer cannot hold them.
    contract=Contract(
        values=(
            "normal(0, 1)",
            "normal(0, 0.01)",
            "uniform(-5, 5)",
            "constant(1)",
            "integers(0, 2)",
            "integers(-3, 4)",
            "signed_zeros",
            "denormals",
        ),
        nan=False,
        inf=False,
        empty=True,
        zero_dim=True,
    ),
    workloads={"elements_64m": pair((8192, 8192), "int32")},
)
