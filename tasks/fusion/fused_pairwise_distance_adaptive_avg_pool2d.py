"""p-norm of the difference of two images after 2-d adaptive average pooling, for each pair in a batch.

The documentation does not say which dimensions count: as in the published reference, all but the first do, so each pair
has one distance. It does not say either whether `eps` is added to the differences or to their norm. In the cases
distances are so large that `eps` vanishes, or there is a single difference, which is positive, so that both readings
are equal.
"""

from __future__ import annotations

from math import ceil, inf, prod

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.authoring.strategies import booleans, choice, integers, tensors
from pytest_kernelbench.authoring.strategies.conv import images, pair

WIDE = "normal(0, 300)"
"""Fill of which at least 8 averages differ so much that `eps` vanishes."""

APART = ("normal(300, 30)", "normal(-300, 30)")
"""Fills of which any two averages differ so much that `eps` vanishes."""

ABOVE = ("uniform(2, 4)", "uniform(0, 1)")
"""Fills whose difference is positive."""


def reference(x1, x2, output_size, p=2.0, eps=1e-6, keepdim=False):
    from torch.linalg import vector_norm
    from torch.nn.functional import adaptive_avg_pool2d

    difference = adaptive_avg_pool2d(x1, output_size) - adaptive_avg_pool2d(x2, output_size)
    return vector_norm(difference, p, (1, 2, 3), keepdim) + eps


def cases(draw, given):
    sizes = draw(images(given, (1, 1)))
    batch, channels = draw(integers(1, 3)), draw(integers(1, 3))
    single = draw(choice(False, False, False, True))
    if single:
        channels, size = 1, draw(choice(1, (1, 1)))
    elif draw(booleans()):
        size = draw(integers(1, min(sizes)))
    else:
        size = tuple(draw(integers(1, side)) for side in sizes)
    if single:
        fills = ABOVE
    elif channels * prod(pair(size)) < 8:
        fills = draw(choice(APART, APART[::-1]))
    else:
        fills = (draw(choice(*given.fills)), draw(choice(*given.fills))) if given.facet == "values" else (WIDE, WIDE)
    shape = (batch, channels, *sizes)
    return Case(
        x1=draw(tensors(given, shape, fill=fills[0])),
        x2=draw(tensors(given, shape, fill=fills[1])),
        output_size=size,
        p=draw(choice(2.0, 1.0, 3.0, 1.5, inf)),
        eps=draw(choice(0.5, 2.0) if single else choice(1e-6, 1e-8)),
        keepdim=draw(booleans()),
    )


def pairs(*shape, to, fills=(WIDE, WIDE), dtype="float32", **options):
    """Return the case of two inputs of a shape, pooled to a size."""
    x1, x2 = (Tensor(shape, dtype, fill) for fill in fills)
    return Case(x1=x1, x2=x2, output_size=to, **options)


def longest_sum(case):
    """Return the longer of the sums of a window, whose ends are rounded outwards, and of the norm."""
    size = pair(case.output_size)
    window = prod(ceil(side / out) + 1 for side, out in zip(case.x1.shape[2:], size, strict=True))
    return max(window, case.x1.shape[1] * prod(size))


task = Task(
    reference,
    cases,
    fixed_cases=(
        pairs(2, 3, 8, 8, to=4),
        pairs(3, 3, 10, 7, to=(4, 3)),
        pairs(2, 3, 11, 13, to=(5, 4), p=1.0),
        pairs(2, 2, 9, 5, to=(9, 2), p=3.0, keepdim=True),
        pairs(4, 2, 6, 8, to=(3, 5), p=inf, keepdim=True),
        pairs(5, 1, 7, 6, to=1, fills=ABOVE, eps=0.5),
        pairs(3, 1, 3, 5, to=(1, 1), fills=ABOVE, p=1.0, eps=2.0, keepdim=True),
        pairs(1, 1, 1, 1, to=1, fills=APART),
        pairs(2, 2, 6, 5, to=1, fills=APART[::-1], p=3.0),
        pairs(1, 1, 3, 129, to=(2, 64), p=1.5),
        pairs(1, 1, 4, 1030, to=(2, 515)),
        pairs(33, 2, 4, 6, to=2),
        pairs(1030, 1, 1, 2, to=1, fills=APART),
        pairs(2, 129, 2, 3, to=(1, 2)),
        pairs(2, 5, 5, 5, to=5, keepdim=True),
    ),
    # With other fills `eps` would not vanish beside the distances.
    contract=Contract(
        values=("normal(0, 300)", "normal(1000, 300)", "uniform(0, 1000)", "integers(-900, 900)"), nan=False, inf=False
    ),
    accumulation=longest_sum,
    workloads={
        "resnet50_stage1_features": pairs(64, 256, 56, 56, to=7, fills=("normal", "normal"), dtype="float16"),
        "perceptual_distance": pairs(32, 64, 224, 224, to=(56, 56), fills=("normal", "normal"), p=1.0),
    },
)
