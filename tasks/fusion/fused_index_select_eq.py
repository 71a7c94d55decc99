"""input.index_select(dim, index) == other, where other is a number or a tensor that broadcasts."""

from __future__ import annotations

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.authoring.strategies import choice, dims, indices, integers, shapes, tensors
from pytest_kernelbench.model.task import FLOATS

FEW = "integers(-2, 3)"
"""Fill of few different values, so that equal ones are frequent."""


def reference(input, dim, index, other, *, out=None):
    return input.index_select(dim, index).eq(other)


def cases(draw, given):
    shape = draw(shapes(given, 1, 4))
    dim = draw(dims(shape))
    picked = list(shape)
    picked[dim] = draw(integers(1, shape[dim] + 3))
    compared = [draw(choice(size, size, 1)) for size in picked][draw(integers(0, len(picked) - 1)) :]
    fill = None if given.facet == "values" else FEW
    return Case(
        input=draw(tensors(given, shape, fill=fill)),
        dim=dim,
        index=draw(indices(given, (picked[dim],), shape[dim], draw(choice("int64", "int32")))),
        other=draw(choice(1.0, 0.0, -2.0)) if draw(integers(0, 2)) == 0 else draw(tensors(given, compared, fill=fill)),
    )


def selected(shape, dim, count, other=None, kind="int64", dtype="float32", fill=FEW):
    """Return the case of `count` slices; `other` is a number or a shape, by default the shape of the result."""
    picked = list(shape)
    picked[dim] = count
    number = isinstance(other, float)
    return Case(
        input=Tensor(shape, dtype, fill),
        dim=dim,
        index=Tensor((count,), kind, f"integers(0, {shape[dim]})"),
        other=other if number else Tensor(other or picked, dtype, fill),
    )


task = Task(
    reference,
    cases,
    fixed_cases=(
        selected((6, 10), 0, 4),
        selected((6, 10), 1, 7),
        selected((6, 10), -1, 13, kind="int32"),
        selected((6, 10), 0, 4, other=1.0),
        selected((5, 6, 7), 1, 4),
        selected((5, 6, 7), -2, 9, other=(5, 1, 7)),
        selected((3, 1025), 0, 2, other=(1025,)),
        selected((1025, 3), 0, 129, other=0.0),
        selected((4, 1030), 0, 5),
        selected((2, 3, 4, 17), 2, 5, other=(1,)),
        selected((1,), 0, 1),
        selected((40, 33), 0, 65, fill="normal"),
        selected((7, 129), -1, 64, other=0.0, fill="normal"),
    ),
    dtypes=(*FLOATS, "int64", "int32"),
    workloads={"embedding_rows": selected((500_000, 128), 0, 262_144, dtype="float16")},
    table="input",
)
