"""Average pooling along the last dimension; zeros of the padding count."""

from __future__ import annotations

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.strategies import choice, integers, maybe, sizes, tensors


def reference(input, kernel_size, stride=None, padding=0):
    import torch

    return torch.nn.functional.avg_pool1d(input, kernel_size, stride, padding)


def cases(draw, given):
    planes = (draw(integers(1, 2)), draw(integers(1, 3)))
    length = draw(sizes(given, 1, given.limit // (planes[0] * planes[1])))
    kernel = draw(integers(1, min(9, length)))
    return Case(
        input=draw(tensors(given, (*(planes if draw(choice(True, True, False)) else planes[1:]), length))),
        kernel_size=kernel,
        stride=draw(maybe(integers(1, 5))),
        padding=draw(integers(0, kernel // 2)),
    )


def pooled(*shape, kernel, **options):
    """Return the case of an input of the shape."""
    return Case(input=Tensor(shape), kernel_size=kernel, **options)


task = Task(
    reference,
    cases,
    spine=(
        pooled(2, 3, 12, kernel=2),
        pooled(2, 3, 13, kernel=3, stride=2, padding=1),
        pooled(1, 1, 1, kernel=1),
        pooled(5, 9, kernel=4),
        pooled(2, 3, 129, kernel=5, stride=1),
        pooled(3, 7, 17, kernel=4, stride=7, padding=2),
        pooled(1, 2, 1030, kernel=1025, stride=2),
        pooled(1, 1, 2049, kernel=3),
        pooled(1, 4, 1030, kernel=2, stride=1, padding=1),
        pooled(65, 3, 8, kernel=3, stride=1, padding=1),
        pooled(2, 8, 8, kernel=2, stride=3),
        pooled(2, 3, 31, kernel=31),
    ),
    accumulation=lambda case: case.kernel_size,
    workloads={
        "speech_downsampling": Case(input=Tensor((64, 512, 8192), "float16"), kernel_size=4, stride=2, padding=1),
    },
)
