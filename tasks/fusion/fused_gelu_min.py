"""Minimum of GELU of the input: that of all elements, or minima and their indices along one dimension.

As documented, GELU is x * Phi(x); the exact form of the shipped reference lacks the factor x / 2. GELU is flat near its
minimum: if rounding hides which of several elements is the smallest, the index may name any of them. NaN is not tested,
because the documentation does not order it. With a dimension, `out` is a pair like the result.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.authoring.families.contracts import WITHOUT_DENORMALS
from pytest_kernelbench.authoring.strategies import booleans, choice, dims, maybe, shapes, tensors
from pytest_kernelbench.authoring.strategies.families import reduced


def reference(input, approximate="none", dim=None, keepdim=False, out=None):
    from torch.nn.functional import gelu

    activated = gelu(input, approximate=approximate)
    return activated.min() if dim is None else tuple(activated.min(dim, keepdim=keepdim))


def properties(arguments, outputs):
    from torch.nn.functional import gelu

    input, dim = arguments["input"], arguments.get("dim")
    flat = input.reshape(-1) if dim is None else input.movedim(dim, -1)
    activated = gelu(flat, approximate=arguments.get("approximate", "none"))
    least, where = activated.min(-1, keepdim=True)
    # Below zero 1 + erf(x / sqrt(2)) cancels, which leaves |x| / 2 times the roundings of 1 and of erf.
    low = -flat.gather(-1, where)
    # A property allows 30 eps of the scale; a fifth of that is 12 roundings.
    scale = single((least.abs() + low.clamp(0, 6) / 2) / 5)
    yield "the value is the minimum", single(outputs[0].reshape(least.shape) - least), scale
    if dim is not None:
        index = outputs[1].reshape(least.shape)
        inside = index.clamp(0, flat.shape[-1] - 1)
        yield "the index is one of the dimension", index - inside, None
        yield "the index is that of the minimum", single(activated.gather(-1, inside) - least), scale


def single(values):
    """Return each value as a matrix of its own, so that it is not judged by the size of another one."""
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
    fixed_cases=(
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
        # No element is near the minimum of GELU, so every index is distinct.
        Case(input=Tensor((5, 65), fill="uniform(0.5, 4)"), dim=-1),
        Case(input=Tensor((5, 65), fill="uniform(-3, -1)"), dim=-1),
        Case(input=Tensor(()), dim=None),
    ),
    # Denormals are left out: a GPU may flush them to zero.
    contract=Contract(values=WITHOUT_DENORMALS, nan=False, inf=False),
    compare="properties",
    properties=properties,
    accumulation=lambda case: reduced(case.input.shape, case.arguments.get("dim")),
    # Masked lanes past the end of a row must not win where the whole row is high: they are inf, and not 1e9.
    value_cases=(
        Case(input=Tensor((6, 40), fill="uniform(1e10, 2e10)"), dim=-1),
        Case(input=Tensor((3, 127), fill="uniform(1e10, 2e10)"), approximate="tanh"),
    ),
    workloads={
        "bert_large_feed_forward": Case(input=Tensor((16, 512, 4096), "float16"), dim=-1),
        "elements_64m_tanh": Case(input=Tensor((8192, 8192), "float16"), approximate="tanh"),
    },
    aliases=("gelu_min",),
)
