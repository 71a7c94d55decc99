"""tanh(sigmoid(input @ weight1)) * weight2 + bias, where weight2 and bias broadcast to the shape of the product.

Batches are as documented; the shipped reference takes matrices only.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.authoring.families.contracts import FINITE
from pytest_kernelbench.authoring.families.products import unit_sums
from pytest_kernelbench.authoring.strategies import booleans, choice, sizes, tensors


def reference(input, weight1, weight2, bias, *, out=None):
    return (input @ weight1).sigmoid().tanh() * weight2 + bias


def cases(draw, given):
    inner = draw(sizes(given, 1, 130))
    outer = draw(sizes(given, 1, min(130, given.limit // inner)))
    room = min(given.limit // max(inner, outer), 32)
    rows = draw(choice((room,), (2, max(1, room // 2)), (2, 1, max(1, room // 2))))
    return Case(
        input=draw(tensors(given, (*rows, inner))),
        weight1=draw(tensors(given, (inner, outer), fill=None if given.facet == "values" else unit_sums(inner))),
        weight2=draw(tensors(given, narrowed(draw, (*rows, outer)))),
        bias=draw(tensors(given, narrowed(draw, (*rows, outer)))),
    )


def narrowed(draw, shape):
    """Draw a shape that broadcasts to this one: with fewer dimensions, and with dimensions of 1."""
    kept = shape[draw(choice(*reversed(range(len(shape) + 1)), len(shape) - 1)) :]
    return tuple(1 if draw(booleans()) else size for size in kept) if draw(booleans()) else kept


def layer(rows, inner, outer, weight2=None, bias=None, dtype="float32"):
    """Return the case of a batch shape and two numbers of features; weight2 and bias default to one value a feature."""
    return Case(
        input=Tensor((*rows, inner), dtype),
        weight1=Tensor((inner, outer), dtype, unit_sums(inner)),
        weight2=Tensor((outer,) if weight2 is None else weight2, dtype),
        bias=Tensor((outer,) if bias is None else bias, dtype),
    )


task = Task(
    reference,
    cases,
    fixed_cases=(
        layer((4,), 16, 12),
        layer((1,), 1, 1),
        layer((7,), 33, 65),
        layer((3,), 129, 40, bias=(3, 40)),
        layer((2,), 9, 1025),
        layer((3,), 1025, 7, weight2=(3, 1)),
        layer((2, 5), 8, 17, weight2=(5, 17), bias=(1,)),
        layer((2, 3, 4), 6, 9, weight2=(), bias=(3, 1, 9)),
        layer((2, 5), 7, 5, weight2=(2, 1, 5), bias=(5, 1)),
        layer((19,), 1, 3, weight2=(19, 3), bias=()),
        layer((130,), 3, 10, weight2=(1, 10), bias=(130, 1)),
    ),
    contract=FINITE,
    tf32=True,
    accumulation=lambda case: case.weight1.shape[0],
    workloads={"gated_layer_4096": layer((8, 2048), 4096, 4096, dtype="float16")},
)
