"""Minimum of GELU of the input: of all elements, or with its index along one dimension.

As documented GELU is x * Phi(x); the exact one of the shipped reference lacks the factor x / 2. Near its minimum GELU
is flat: of elements that no kernel can tell apart, each may be the one that the index names. NaN is outside the
contract: the documentation does not order it. With a dimension `out` is a pair, as the result is.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.model.task import VALUE_FILLS
from pytest_kernelbench.strategies import booleans, choice, dims, maybe, shapes, tensors
from pytest_kernelbench.strategies.families import reduced


def reference(input, approximate="none", dim=None, keepdim=False, out=None):
    from torch.nn.functional import gelu

    activated = gelu(input, approximate=approximate)
    return activated.min() if dim is None else tuple(activated.min(dim, keepdim=keepdim))


def claims(arguments, outputs):
    from torch.nn.functional import gelu

    input, dim = arguments["input"], arguments.get("dim")
    flat = input.reshape(-1) if dim is None else input.movedim(dim, -1)
    activated = gelu(flat, approximate=arguments.get("approximate", "none"))
    least, where = activated.min(-1, keepdim=True)
    # Where the minimum lies far below zero, 1 + erf cancels: up to |x| / 2 times the rounding of 1.
    low = -flat.gather(-1, where)
    # A tenth of the 30 eps of a claim: 6 roundings.
    scale = single((least.abs() + (low > 1.5) * low.clamp(0, 6) / 2) / 10)
    yield "the value is the minimum", single(outputs[0].reshape(least.shape) - least), scale
    if dim is not None:
        index = outputs[1].reshape(least.shape)
        inside = index.clamp(0, flat.shape[-1] - 1)
        yield "the index is one of the dimension", index - inside, None
        yield "the index is that of the minimum", single(activated.gather(-1, inside) - least), scale


def single(values):
    """Return each value as a matrix of its own, so that none is judged by the size of another."""
    return values[..., None]


def cases(draw, given):
    shape = draw(shapes(given, 1, 4))
    dim = draw(maybe(dims(shape)))
    return Case(
        input=draw(tensors(given, shape)),
        approximate=draw(choice("none", "tanh")),
        dim=dim,
        keepdim=draw(booleans()) if dim is not None else False,
    )


task = Task(
    reference,
    cases,
    spine=(
        Case(input=Tensor((6, 40))),
        Case(input=Tensor((6, 40)), dim=-1),
        Case(input=Tensor((6, 40)), approximate="tanh", dim=1, keepdim=True),
        Case(input=Tensor((1, 1)), dim=0),
        Case(input=Tensor((7, 129)), dim=-1),
        Case(input=Tensor((3, 1025)), approximate="tanh", dim=-1),
        Case(input=Tensor((5, 6, 7)), dim=1, keepdim=True),
        Case(input=Tensor((5, 6, 7)), approximate="tanh", dim=0),
        Case(input=Tensor((2, 3, 4, 33)), dim=-2),
        Case(input=Tensor((2, 2049)), dim=1),
        Case(input=Tensor((130, 3)), dim=-2, keepdim=True),
        Case(input=Tensor((4099,)), approximate="tanh"),
        Case(input=Tensor((3, 127)), dim=None),
        # Without an element near the minimum of GELU, where every index is easily told from the others.
        Case(input=Tensor((5, 65), fill="uniform(0.5, 4)"), dim=-1),
        Case(input=Tensor((5, 65), fill="uniform(-3, -1)"), dim=-1),
        Case(input=Tensor(()), dim=None),
    ),
    # Without denormals: a GPU may flush them to zero.
    contract=Contract(values=tuple(fill for fill in VALUE_FILLS if fill != "denormals"), nan=False, inf=False),
    compare="claims",
    claims=claims,
    accumulation=lambda case: reduced(case.input.shape, case.arguments.get("dim")),
    workloads={
        "bert_large_feed_forward": Case(input=Tensor((16, 512, 4096), "float16"), dim=-1),
        "elements_64m_tanh": Case(input=Tensor((8192, 8192), "float16"), approximate="tanh"),
    },
)
