"""Smallest value of GELU, x * Phi(x), along one dimension or of the whole tensor.

GELU is as documented; the exact form of the shipped reference lacks the term x / 2. NaN and infinities are not tested:
the documentation does not say how they are ordered, or what GELU of -inf is.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.authoring.strategies import booleans, choice, dims, maybe, shapes, tensors
from pytest_kernelbench.model.task import VALUE_FILLS

RIGHT, LEFT = "uniform(0.5, 4)", "uniform(-4, -1)"
"""Fills to the right and to the left of the minimum of GELU: there, the result depends on the whole row."""


def reference(input, dim=None, keepdim=False, approximate="none", out=None):
    import torch

    values = torch.nn.functional.gelu(input, approximate=approximate)
    return values.amin() if dim is None else values.amin(dim, keepdim=keepdim)


def cases(draw, given):
    shape = draw(shapes(given, 1, 4))
    dim = draw(maybe(dims(shape)))
    fill = draw(choice("normal", RIGHT, LEFT)) if given.facet != "values" else None
    return Case(
        input=draw(tensors(given, shape, fill=fill)),
        dim=dim,
        # The documentation does not say what keepdim means for a single number.
        keepdim=draw(booleans()) if dim is not None else False,
        approximate=draw(choice("none", "tanh")),
    )


def smallest(*shape, fill="normal", dtype="float32", **options):
    """Return the case of an input of the shape."""
    return Case(input=Tensor(shape, dtype, fill), **options)


task = Task(
    reference,
    cases,
    fixed_cases=(
        smallest(6, 40),
        smallest(6, 40, fill=RIGHT, dim=-1),
        smallest(1, 1, dim=0),
        smallest(7, 129, fill=LEFT, dim=1),
        smallest(3, 1025, fill=RIGHT, dim=-1, approximate="tanh"),
        smallest(2, 2049, fill=LEFT, dim=-1),
        smallest(5, 6, 7, fill=RIGHT, dim=1, keepdim=True),
        smallest(130, 3, fill=RIGHT, dim=-2, approximate="tanh", keepdim=True),
        smallest(2, 3, 4, 33, fill=LEFT, dim=0),
        smallest(3, 127, fill=RIGHT, approximate="tanh"),
        smallest(1025, fill=LEFT),
        smallest(17, dim=0),
        smallest(4, 3, fill=LEFT, dim=1, approximate="tanh"),
    ),
    contract=Contract(values=(*VALUE_FILLS, RIGHT, LEFT), nan=False, inf=False),
    # Masked lanes past the end of a row must not win where the whole row is high: they are inf, and not 1e9.
    value_cases=(
        smallest(6, 40, fill="uniform(1e10, 2e10)", dim=-1),
        smallest(3, 127, fill="uniform(1e10, 2e10)", approximate="tanh"),
    ),
    workloads={
        "bert_large_feed_forward": smallest(16, 512, 4096, dtype="float16", dim=-1),
        "gpt2_xl_feed_forward": smallest(8, 1024, 6400, dtype="float16", dim=-1, approximate="tanh"),
    },
)
