"""Standard deviation, as one number, of the sums of the input over some or all dimensions.

There are more sums than `correction`, and `keepdim` is false: other cases are not documented.

The result is on the device of the input; the shipped reference moves a single number to the CPU.
"""

from __future__ import annotations

from math import prod

from pytest_kernelbench import Case, Contract, DType, Task, Tensor
from pytest_kernelbench.authoring.families.contracts import WITHOUT_DENORMALS
from pytest_kernelbench.authoring.strategies import choice, dim_sets, shapes, tensors
from pytest_kernelbench.authoring.strategies.families import reduced


def reference(input, dim=None, keepdim=False, dtype=None, correction=1, out=None):
    return input.sum(dim, dtype=dtype).std(correction=correction)


def cases(draw, given):
    shape = draw(shapes(given, 1, 4))
    dim = draw(dim_sets(shape))
    sums = prod(shape) // reduced(shape, dim)
    return Case(
        input=draw(tensors(given, shape)),
        dim=dim,
        dtype=draw(choice(None, None, DType("float32"), DType("float64"))),
        correction=draw(choice(*(correction for correction in (1, 0, 2) if correction < sums))),
    )


def longest_sum(case):
    """Return the longer of the two sums, over the input and over its sums."""
    length = reduced(case.input.shape, case.dim)
    return max(length, case.input.numel // length)


task = Task(
    reference,
    cases,
    fixed_cases=(
        Case(input=Tensor((6, 40)), dim=1),
        Case(input=Tensor((6, 40)), dim=0, correction=0),
        Case(input=Tensor((5, 6, 7)), dim=1),
        Case(input=Tensor((5, 6, 7)), dim=-3, correction=2),
        Case(input=Tensor((4, 5, 6)), dim=(0, 2)),
        Case(input=Tensor((2, 3, 4, 33)), dim=(-1, 1)),
        Case(input=Tensor((2, 1025)), dim=-1),
        Case(input=Tensor((1, 1025)), dim=0),
        Case(input=Tensor((2049, 2)), dim=-2),
        Case(input=Tensor((3, 129)), dim=None, correction=0),
        Case(input=Tensor((7, 129)), dim=-1, dtype=DType("float32")),
        Case(input=Tensor((7, 129)), dim=0, dtype=DType("float64"), correction=0),
    ),
    # Denormals are left out: the square of a denormal deviation is 0 in every float32 kernel.
    contract=Contract(values=WITHOUT_DENORMALS, inf=False),
    accumulation=longest_sum,
    workloads={"llama_hidden_rows": Case(input=Tensor((8192, 4096), "float16"), dim=-1)},
    aliases=("sum_std",),
)
