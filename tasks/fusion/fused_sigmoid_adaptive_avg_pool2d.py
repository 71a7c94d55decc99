"""Sigmoid of the 2-d adaptive average pooling of a batch of images to a size that is not larger."""

from __future__ import annotations

from math import ceil, prod

from pytest_kernelbench import Case, Task, Tensor
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


def pooled(*shape, to):
    """Return the case of an input shape and an output size."""
    return Case(input=Tensor(shape), output_size=to)


def window(case):
    """Return the number of elements of the largest window: rounding its ends can add one row and one column."""
    return prod(ceil(size / out) + 1 for size, out in zip(case.input.shape[2:], pair(case.output_size), strict=True))


task = Task(
    reference,
    cases,
    fixed_cases=(
        pooled(1, 3, 8, 8, to=4),
        pooled(2, 3, 10, 10, to=4),
        pooled(1, 2, 10, 7, to=(4, 3)),
        pooled(2, 2, 5, 9, to=(5, 2)),
        pooled(1, 3, 11, 13, to=1),
        pooled(1, 1, 6, 8, to=(1, 8)),
        pooled(1, 1, 1, 1, to=1),
        pooled(1, 1, 3, 129, to=(2, 64)),
        pooled(1, 2, 65, 3, to=(17, 2)),
        pooled(1, 1, 4, 1030, to=(4, 1029)),
        pooled(1, 129, 2, 2, to=1),
        pooled(3, 5, 4, 6, to=(4, 6)),
    ),
    large=(
        pooled(257, 3, 3, 2, to=1),
        pooled(1, 257, 3, 5, to=(2, 3)),
        pooled(1, 1, 257, 3, to=(5, 2)),
        pooled(1, 2, 70, 70, to=1),
        pooled(1, 1, 4, 70_001, to=(4, 1029)),
    ),
    accumulation=window,
    workloads={
        "squeeze_excitation_stage1": Case(input=Tensor((64, 256, 56, 56), "float16"), output_size=1),
        "spatial_pyramid_6x6": Case(input=Tensor((64, 512, 64, 64), "float16"), output_size=(6, 6)),
    },
)
