"""Average pooling of images to a given size: window i covers floor(i * in / out) to ceil((i + 1) * in / out)."""

from __future__ import annotations

import math

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.authoring.families.images import LARGE_POOLED, pooled_to
from pytest_kernelbench.authoring.strategies import choice, integers, maybe, tensors
from pytest_kernelbench.authoring.strategies.conv import images


def reference(input, output_size):
    import torch

    return torch.nn.functional.adaptive_avg_pool2d(input, output_size)


def cases(draw, given):
    height, width = draw(images(given, (1, 1)))
    planes = (draw(integers(1, 2)), draw(integers(1, 3)))
    sizes = integers(1, 7)
    square = draw(choice(False, False, True))
    return Case(
        input=draw(tensors(given, (*(planes if draw(choice(True, True, False)) else planes[1:]), height, width))),
        output_size=draw(sizes) if square else (draw(maybe(sizes)), draw(maybe(sizes))),
    )


def longest_sum(case):
    """Return the number of elements of the largest window."""
    wanted = case.output_size if isinstance(case.output_size, tuple) else (case.output_size, case.output_size)
    sides = zip(case.input.shape[-2:], wanted, strict=True)
    return math.prod(1 if out is None else size // out + 2 for size, out in sides)


task = Task(
    reference,
    cases,
    fixed_cases=(
        pooled_to(2, 3, 8, 12, to=(4, 3)),
        pooled_to(2, 3, 10, 7, to=(4, 3)),
        pooled_to(1, 1, 1, 1, to=1),
        pooled_to(2, 5, 7, 7, to=1),
        pooled_to(3, 9, 11, to=(2, 5)),
        pooled_to(1, 2, 13, 9, to=(None, 4)),
        pooled_to(1, 2, 9, 13, to=(5, None)),
        pooled_to(1, 2, 3, 5, to=(7, 8)),
        pooled_to(1, 3, 33, 65, to=(1, 2)),
        pooled_to(2, 65, 5, 3, to=2),
        pooled_to(1, 1, 129, 2, to=(128, 1)),
        pooled_to(1, 1, 4, 1030, to=(4, 1029)),
        pooled_to(2, 6, 11, 6, to=(5, 4)),
    ),
    large=LARGE_POOLED,
    accumulation=longest_sum,
    workloads={
        "resnet50_head": Case(input=Tensor((512, 2048, 7, 7), "float16"), output_size=1),
        "vgg16_head": Case(input=Tensor((256, 512, 14, 14), "float16"), output_size=(7, 7)),
    },
)
