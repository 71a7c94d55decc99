"""Linear layer with an optional bias, then softplus: log(1 + e^(beta x)) / beta, and x where beta x > threshold.

At the threshold the result jumps, and a right sum may lie on either side of it: low thresholds, with a jump to be
seen, come with whole numbers, whose sums are exact and off the threshold.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.strategies import booleans, choice, sizes, tensors

WHOLE = "integers(-2, 3)"


def reference(input, weight, bias=None, beta=1, threshold=20):
    from torch.nn.functional import linear, softplus

    return softplus(linear(input, weight, bias), beta, threshold)


def cases(draw, given):
    inner = draw(sizes(given, 1, 130))
    outer = draw(sizes(given, 1, min(130, given.limit // inner)))
    room = min(given.limit // max(inner, outer), 32)
    batch = draw(choice((room,), (max(1, room // 4), min(room, 3)), (2, 1, max(1, room // 2)), ()))
    low = draw(booleans())
    fill = WHOLE if low else None
    return Case(
        input=draw(tensors(given, (*batch, inner), fill=fill)),
        weight=draw(tensors(given, (outer, inner), fill=fill)),
        bias=draw(tensors(given, (outer,), fill=fill)) if draw(booleans()) else None,
        beta=draw(choice(1, 0.5, 2)) if low else draw(choice(1, 0.5, 3, 1.7)),
        threshold=2.3 if low else draw(choice(20, 10.7, 40)),
    )


def layer(batch, inner, outer, bias=True, dtype="float32", fill="normal", **options):
    """Return the case of a batch shape and two numbers of features."""
    return Case(
        input=Tensor((*batch, inner), dtype, fill),
        weight=Tensor((outer, inner), dtype, fill),
        bias=Tensor((outer,), dtype, fill) if bias else None,
        **options,
    )


task = Task(
    reference,
    cases,
    spine=(
        layer((4,), 16, 12),
        layer((4,), 5, 3, bias=False, beta=0.5),
        layer((7,), 5, 65, fill=WHOLE, threshold=2.3),
        layer((40,), 3, 9, fill=WHOLE, beta=0.5, threshold=1.8),
        layer((7,), 33, 65, beta=3, threshold=40),
        layer((3,), 129, 40, bias=False, beta=0.25),
        layer((2,), 9, 1025, beta=2.5, threshold=10.7),
        layer((3,), 1025, 7),
        layer((2, 5), 8, 17, beta=3),
        layer((2, 3, 2), 6, 9, bias=False),
        layer((19,), 1, 1, beta=1.7),
        layer((9,), 1, 130),
        layer((130,), 3, 10),
        layer((), 31, 17),
    ),
    contract=Contract(nan=False, inf=False),
    tf32=True,
    accumulation=lambda case: case.weight.shape[1],
    workloads={
        "mamba_2_8b_time_step": layer((2, 8192), 160, 5120, dtype="float16"),
        "feed_forward_4096_to_11008": layer((4, 2048), 4096, 11008, bias=False, dtype="float16"),
    },
)
