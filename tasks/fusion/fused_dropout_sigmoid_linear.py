"""Linear layer with an optional bias, the sigmoid, then dropout that scales what it keeps by 1 / (1 - p).

`inplace` concerns the intermediate results: no argument is ever changed.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.strategies import booleans, choice, sizes, tensors


def reference(input, weight, bias=None, p=0.5, training=True, inplace=False):
    from torch.nn.functional import dropout, linear

    return dropout(linear(input, weight, bias).sigmoid(), p, training, inplace)


def kept(input, weight, bias=None, p=0.5, training=True, inplace=False):
    """Return the result without a dropped element."""
    from torch.nn.functional import linear

    # Eager rounds the scale to the dtype of its mask.
    scale = input.new_tensor(1 / (1 - p) if training and p < 1 else 1)
    return linear(input, weight, bias).sigmoid() * scale


def dropped(input, weight, bias=None, p=0.5, training=True, inplace=False):
    """Return the result of dropped elements alone."""
    return input.new_zeros(*input.shape[:-1], weight.shape[0])


def chance(case):
    """Return the probability that an element is dropped."""
    return case.arguments.get("p", 0.5) if case.arguments.get("training", True) else 0.0


def cases(draw, given):
    inner = draw(sizes(given, 1, 130))
    outer = draw(sizes(given, 1, min(130, given.limit // inner)))
    room = min(given.limit // max(inner, outer), 32)
    batch = draw(choice((room,), (max(1, room // 4), min(room, 3)), (2, 1, max(1, room // 2)), ()))
    return Case(
        input=draw(tensors(given, (*batch, inner))),
        weight=draw(tensors(given, (outer, inner), fill=unsaturated(inner))),
        bias=draw(tensors(given, (outer,))) if draw(booleans()) else None,
        p=draw(choice(0.5, 0.25, 0.75, 0.0, 1.0)),
        training=draw(choice(True, True, False)),
        inplace=draw(booleans()),
    )


def unsaturated(inner):
    """Return weights that keep sums of `inner` products near 1: where sigmoid is flat, no wrong sum can be seen."""
    return f"normal(0, {inner**-0.5:.2g})"


def layer(batch, inner, outer, bias=True, dtype="float32", **options):
    """Return the case of a batch shape and two numbers of features."""
    return Case(
        input=Tensor((*batch, inner), dtype),
        weight=Tensor((outer, inner), dtype, unsaturated(inner)),
        bias=Tensor((outer,), dtype) if bias else None,
        **options,
    )


task = Task(
    reference,
    cases,
    spine=(
        layer((32,), 16, 24),
        layer((16,), 5, 33, bias=False, training=False),
        layer((7,), 33, 65, p=0.25),
        layer((3,), 129, 40, bias=False, p=0.0, inplace=True),
        layer((6,), 8, 9, p=1.0),
        layer((2,), 9, 1025, p=0.75, inplace=True),
        layer((3,), 1025, 7, training=False, inplace=True),
        layer((2, 5), 8, 130, p=0.1),
        layer((2, 3, 2), 6, 9, bias=False),
        layer((130,), 3, 10),
        layer((), 31, 129),
        layer((1,), 1, 1, training=False),
    ),
    contract=Contract(nan=False, inf=False, deterministic=False),
    compare="outcomes",
    outcomes=(kept, dropped),
    chance=chance,
    tf32=True,
    accumulation=lambda case: case.weight.shape[1],
    workloads={"bert_large_feed_forward": layer((32, 512), 1024, 4096, dtype="float16", p=0.1)},
)
