"""Linear layer with an optional bias, then ELU: the result where it is positive, else alpha (e^result - 1).

`inplace` applies ELU to the intermediate result in place: no argument is ever changed.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.strategies import booleans, choice, sizes, tensors


def reference(input, weight, bias=None, alpha=1.0, inplace=False):
    from torch.nn.functional import elu, linear

    return elu(linear(input, weight, bias), alpha, inplace=inplace)


def cases(draw, given):
    inner = draw(sizes(given, 1, 130))
    outer = draw(sizes(given, 1, min(130, given.limit // inner)))
    room = min(given.limit // max(inner, outer), 32)
    batch = draw(choice((room,), (max(1, room // 4), min(room, 3)), (2, 1, max(1, room // 2)), ()))
    return Case(
        input=draw(tensors(given, (*batch, inner))),
        weight=draw(tensors(given, (outer, inner), fill=None if given.facet == "values" else small(inner))),
        bias=draw(tensors(given, (outer,))) if draw(booleans()) else None,
        alpha=draw(choice(1.0, 0.3, 2.5)),
        inplace=draw(booleans()),
    )


def small(inner):
    """Return weights that keep sums of `inner` products near 1: far below zero ELU is flat and hides wrong sums."""
    return f"normal(0, {inner**-0.5:.2g})"


def layer(batch, inner, outer, bias=True, dtype="float32", **options):
    """Return the case of a batch shape and two numbers of features."""
    return Case(
        input=Tensor((*batch, inner), dtype),
        weight=Tensor((outer, inner), dtype, small(inner)),
        bias=Tensor((outer,), dtype) if bias else None,
        **options,
    )


task = Task(
    reference,
    cases,
    spine=(
        layer((4,), 16, 12),
        layer((4,), 5, 3, bias=False),
        layer((7,), 33, 65, alpha=0.3),
        layer((3,), 129, 40, bias=False, alpha=2.5, inplace=True),
        layer((2,), 9, 1025),
        layer((3,), 1025, 7, inplace=True),
        layer((2, 5), 8, 17, alpha=1.7),
        layer((2, 3, 2), 6, 9, bias=False),
        layer((19,), 1, 1),
        layer((9,), 1, 130, alpha=0.5),
        layer((130,), 3, 10),
        layer((), 31, 17),
    ),
    contract=Contract(nan=False, inf=False),
    tf32=True,
    accumulation=lambda case: case.weight.shape[1],
    workloads={"feed_forward_4096_to_11008": layer((4, 2048), 4096, 11008, bias=False, dtype="float16")},
)
