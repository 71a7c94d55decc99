"""Log-softmax along one dimension of the input with each element repeated along it; without dim, of the flat input.

Every element is repeated at least once. `output_size`, where it is given, is correct.

`out` is written as documented; the shipped reference ignores it.
"""

from __future__ import annotations

from math import prod

from pytest_kernelbench import Case, DType, Task, Tensor
from pytest_kernelbench.authoring.strategies import choice, dims, integers, maybe, shapes, tensors


def reference(input, repeats, dim=None, *, output_size=None, dtype=None, out=None):
    repeated = input.repeat_interleave(repeats, dim=dim, output_size=output_size)
    return repeated.log_softmax(0 if dim is None else dim, dtype=dtype)


def cases(draw, given):
    shape = draw(shapes(given, 1, 3))
    dim = draw(maybe(dims(shape)))
    count = prod(shape) if dim is None else shape[dim]
    times = draw(integers(1, 3))
    kind = draw(choice("number", "one", "equal", "each"))
    fill = "integers(1, 4)" if kind == "each" else f"constant({times})"
    each = tensors(given, (1 if kind == "one" else count,), "int64", fill)
    return Case(
        input=draw(tensors(given, shape)),
        repeats=times if kind == "number" else draw(each),
        dim=dim,
        output_size=None if kind == "each" else draw(choice(None, count * times)),
        dtype=draw(choice(None, None, DType("float32"), DType("float64"))),
    )


def times(count, fill="integers(1, 4)"):
    """Return the tensor that says how often each of `count` elements is repeated."""
    return Tensor((count,), "int64", fill)


def longest_sum(case):
    """Return the largest number of elements of a softmax: each element is repeated at most 3 times."""
    return 3 * (case.input.numel if case.dim is None else case.input.shape[case.dim])


task = Task(
    reference,
    cases,
    fixed_cases=(
        Case(input=Tensor((4, 16)), repeats=2, dim=1),
        Case(input=Tensor((3, 7)), repeats=2, dim=None),
        Case(input=Tensor((17,)), repeats=times(17), dim=0),
        Case(input=Tensor((5, 33)), repeats=times(33), dim=-1),
        Case(input=Tensor((5, 6, 7)), repeats=times(6), dim=1),
        Case(input=Tensor((65, 3)), repeats=3, dim=0),
        Case(input=Tensor((2, 3, 4)), repeats=times(1, "constant(2)"), dim=-2),
        Case(input=Tensor((3, 1025)), repeats=1, dim=-1),
        Case(input=Tensor((4, 1030)), repeats=times(1030), dim=-1),
        Case(input=Tensor((2, 683)), repeats=3, dim=-1, output_size=2049),
        Case(input=Tensor((4, 9)), repeats=times(9, "constant(3)"), dim=1, output_size=27),
        Case(input=Tensor((4, 9)), repeats=2, dim=-1, dtype=DType("float32")),
        Case(input=Tensor((4, 9)), repeats=2, dim=0, dtype=DType("float64")),
    ),
    accumulation=longest_sum,
    # Masked lanes past the end of a row must not win where the whole row is low: they are -inf, and not -1e9.
    value_cases=(
        Case(input=Tensor((4, 17), fill="lowest"), repeats=2, dim=1),
        Case(input=Tensor((5, 7, 6), fill="lowest"), repeats=times(7), dim=1),
        Case(input=Tensor((3, 683), fill="uniform(-2e10, -1e10)"), repeats=3, dim=-1),
    ),
    workloads={"rows_of_32k": Case(input=Tensor((4096, 16384), "float16"), repeats=2, dim=-1)},
)
