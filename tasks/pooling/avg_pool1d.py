"""Average pooling along the last dimension; the zeros of the padding count."""

from __future__ import annotations

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.authoring.families.images import drawn_windows, pooled
from pytest_kernelbench.authoring.strategies import choice, integers, maybe, tensors


def reference(input, kernel_size, stride=None, padding=0):
    import torch

    return torch.nn.functional.avg_pool1d(input, kernel_size, stride, padding)


def cases(draw, given):
    planes, length, kernel = drawn_windows(draw, given)
    return Case(
        input=draw(tensors(given, (*(planes if draw(choice(True, True, False)) else planes[1:]), length))),
        kernel_size=kernel,
        stride=draw(maybe(integers(1, 5))),
        padding=draw(integers(0, kernel // 2)),
    )


task = Task(
    reference,
    cases,
    fixed_cases=(
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
    large=(
        pooled(257, 3, 8, kernel=3, stride=1, padding=1),
        pooled(1, 257, 12, kernel=4, stride=3, padding=2),
        pooled(1, 2, 9_001, kernel=4_999, stride=1_000),
        pooled(1, 1, 70_001, kernel=3),
    ),
    accumulation=lambda case: case.kernel_size,
    workloads={
        "speech_downsampling": Case(input=Tensor((64, 512, 8192), "float16"), kernel_size=4, stride=2, padding=1),
    },
)
