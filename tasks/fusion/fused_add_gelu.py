"""GELU of `input + alpha * other`, where other is a tensor that broadcasts or a number.

`out` is honoured as documented; the shipped reference ignores it. GELU of an infinity is not asked for.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.strategies import booleans, broadcast, choice, integers, numbers, tensors


def reference(input, other, alpha=1, approximate="none", out=None):
    from torch.nn.functional import gelu

    return gelu(input.add(other, alpha=alpha), approximate=approximate)


def cases(draw, given):
    # Far below zero GELU cancels in float32: no draw may move all sums there, or a right kernel keeps no digit.
    if given.facet == "values":
        left = right = draw(integers(1, 8)), draw(integers(16, 64))
    else:
        left, right = draw(broadcast(given))
    return Case(
        input=draw(tensors(given, left)),
        other=draw(numbers(-0.5, 1)) if draw(booleans()) else draw(tensors(given, right)),
        alpha=draw(choice(1, 0.5, -1)),
        approximate=draw(choice("none", "tanh")),
    )


def added(left, right, **options):
    """Return the case of two shapes."""
    return Case(input=Tensor(left), other=Tensor(right), **options)


task = Task(
    reference,
    cases,
    spine=(
        added((4, 5), (4, 5)),
        added((4, 5), (4, 5), approximate="tanh"),
        added((129,), (129,), alpha=2),
        added((3, 1025), (3, 1025), alpha=-0.5, approximate="tanh"),
        added((1,), (1,)),
        added((2, 3, 65), (65,)),
        added((5, 1, 7), (3, 1), alpha=0.25),
        added((17,), (4, 17)),
        added((2, 2, 3, 17), (2, 2, 3, 17), alpha=-1),
        added((4099,), (1,)),
        Case(input=Tensor((3, 127)), other=0.5),
        Case(input=Tensor((3, 127)), other=-0.5, alpha=3, approximate="tanh"),
        added((), ()),
        added((), (1, 3), alpha=0.5),
        Case(input=Tensor((0,)), other=0.5),
        added((2, 0, 3), (1, 3)),
    ),
    contract=Contract(inf=False, empty=True, zero_dim=True),
    workloads={
        "bert_base_feed_forward": Case(input=Tensor((16384, 3072), "float16"), other=Tensor((3072,), "float16")),
    },
)
