"""Sigmoid of the 2-d adaptive average pooling of a batch of images to a size that is not larger."""

from __future__ import annotations

from math import ceil, prod

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.authoring.families.images import LARGE_POOLED, pooled_to
from pytest_kernelbench.authoring.strategies import booleans, integers, tensors
from pytest_kernelbench.authoring.strategies.conv import images, pair


def reference(input, output_size):
    from torch.nn.functional import adaptive_avg_pool2d

    return adaptive_avg_pool2d(input, output_size).sigmoid()


def cases(draw, given):
    height, width = draw(images(given, (1, 1)))
    shape = (draw(integers(1, 2)), draw(integers(1, 3)), height, width)
    square = draw(booleans())
    size = draw(integers(1, min(height, width))) if square else (draw(integers(1, height)), draw(integers(1, width)))
    return Case(input=draw(tensors(given, shape)), output_size=size)


def window(case):
    """Return the number of elements of the largest window: rounding its ends can add one row and one column."""
    return prod(ceil(size / out) + 1 for size, out in zip(case.input.shape[2:], pair(case.output_size), strict=True))


task = Task(
    reference,
    cases,
    fixed_cases=(
        pooled_to(1, 3, 8, 8, to=4),
        pooled_to(2, 3, 10, 10, to=4),
        pooled_to(1, 2, 10, 7, to=(4, 3)),
        pooled_to(2, 2, 5, 9, to=(5, 2)),
        pooled_to(1, 3, 11, 13, to=1),
        pooled_to(1, 1, 6, 8, to=(1, 8)),
        pooled_to(1, 1, 1, 1, to=1),
        pooled_to(1, 1, 3, 129, to=(2, 64)),
        pooled_to(1, 2, 65, 3, to=(17, 2)),
        pooled_to(1, 1, 4, 1030, to=(4, 1029)),
        pooled_to(1, 129, 2, 2, to=1),
        pooled_to(3, 5, 4, 6, to=(4, 6)),
    ),
    large=LARGE_POOLED,
    accumulation=window,
    workloads={
        "squeeze_excitation_stage1": Case(input=Tensor((64, 256, 56, 56), "float16"), output_size=1),
        "spatial_pyramid_6x6": Case(input=Tensor((64, 512, 64, 64), "float16"), output_size=(6, 6)),
    },
    aliases=("sigmoid_adaptive_avg_pool2d",),
)
