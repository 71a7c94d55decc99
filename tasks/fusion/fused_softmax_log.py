"""softmax(log(input)) along one dimension; the input is cast to `dtype` first, where it is given.

The input is positive or zero; the softmax of zeros is 0.
"""

from __future__ import annotations

from pytest_kernelbench import Case, DType, Task, Tensor
from pytest_kernelbench.authoring.families.contracts import domain
from pytest_kernelbench.authoring.strategies import choice, dims, shapes, tensors

ORDINARY = "uniform(0.1, 5)"


def reference(input, dim=-1, dtype=None):
    return input.to(dtype or input.dtype).log().softmax(dim)


def cases(draw, given):
    shape = draw(shapes(given, 1, 4))
    return Case(
        input=draw(tensors(given, shape, fill=None if given.facet == "values" else ORDINARY)),
        dim=draw(dims(shape)),
        dtype=draw(choice(None, None, DType("float32"), DType("float64"))),
    )


def positive(*shape, dim=-1, **options):
    """Return the case of a positive input of the shape."""
    return Case(input=Tensor(shape, fill=ORDINARY), dim=dim, **options)


task = Task(
    reference,
    cases,
    fixed_cases=(
        positive(6, 40),
        Case(input=Tensor((6, 40), fill=ORDINARY)),
        positive(1, 1, dim=0),
        positive(7, 129, dim=1),
        positive(3, 1025),
        positive(5, 6, 7, dim=1),
        positive(130, 3, dim=0),
        positive(2, 3, 4, 33, dim=-2),
        positive(2, 2049),
        positive(17, dim=0),
        positive(dim=0),
        positive(3, 0, 2, dim=0),
        positive(4, 9, dtype=DType("float32")),
        positive(4, 9, dim=-2, dtype=DType("float64")),
    ),
    contract=domain(
        "uniform(0.0001, 0.01)",
        "uniform(0.1, 1000)",
        "normal(1000, 0.1)",
        "constant(1)",
        "integers(1, 5)",
        "integers(0, 3)",
    ),
    accumulation=lambda case: case.input.shape[case.arguments.get("dim", -1)] if case.input.shape else 1,
    workloads={
        "gpt2_vocabulary": Case(input=Tensor((4096, 50257), "float16", "uniform(0.1, 5)"), dim=-1),
        "bert_large_scores": Case(input=Tensor((16, 16, 512, 512), "float16", "uniform(0.1, 5)"), dim=-1),
    },
    aliases=("softmax_log",),
)
