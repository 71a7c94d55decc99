"""GELU of `input - alpha * other`, where other is a tensor that broadcasts or a number.

As documented it is x * Phi(x); the exact one of the shipped reference lacks the factor x / 2. GELU of an infinity is
not asked for.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.strategies import booleans, broadcast, choice, integers, numbers, tensors


def reference(input, other, alpha=1, approximate="none", out=None):
    from torch.nn.functional import gelu

    return gelu(input.sub(other, alpha=alpha), approximate=approximate)


def cases(draw, given):
    # Far below zero GELU cancels in float32: no draw may move all differences there, or a right kernel keeps no digit.
    if given.facet == "values":
        left = right = draw(integers(1, 8)), draw(integers(16, 64))
    else:
        left, right = draw(broadcast(given))
    return Case(
        input=draw(tensors(given, left)),
        other=draw(numbers(-1, 0.5)) if draw(booleans()) else draw(tensors(given, right)),
        alpha=draw(choice(1, 0.5, -1)),
        approximate=draw(choice("none", "tanh")),
    )


def subtracted(left, right, dtype="float32", **options):
    """Return the case of two shapes."""
    return Case(input=Tensor(left, dtype), other=Tensor(right, dtype), **options)


task = Task(
    reference,
    cases,
    spine=(
        subtracted((4, 5), (4, 5)),
        subtracted((4, 5), (4, 5), approximate="tanh"),
        subtracted((129,), (129,), alpha=2),
        subtracted((3, 1025), (3, 1025), alpha=-0.5, approximate="tanh"),
        subtracted((1,), (1,)),
        subtracted((2, 3, 65), (65,)),
        subtracted((5, 1, 7), (3, 1), alpha=0.25),
        subtracted((17,), (4, 17)),
        subtracted((2, 2, 3, 17), (2, 2, 3, 17), alpha=-1),
        subtracted((4099,), (1,)),
        Case(input=Tensor((3, 127)), other=-0.5),
        Case(input=Tensor((3, 127)), other=0.5, alpha=3, approximate="tanh"),
        subtracted((), ()),
        subtracted((2, 0, 3), (1, 3)),
    ),
    contract=Contract(inf=False, empty=True, zero_dim=True),
    workloads={
        "bert_base_feed_forward": subtracted((16384, 3072), (3072,), "float16"),
        "gpt2_xl_feed_forward": subtracted((8192, 6400), (8192, 6400), "float16", approximate="tanh"),
    },
)
