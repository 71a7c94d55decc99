"""2-d transposed convolution with stride, padding, output padding, groups and dilation.

The options are one integer each, as in the published signature.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.authoring.families.contracts import FINITE
from pytest_kernelbench.authoring.strategies import booleans, choice, integers, tensors
from pytest_kernelbench.authoring.strategies.conv import images, span


def reference(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    import torch

    return torch.nn.functional.conv_transpose2d(input, weight, bias, stride, padding, output_padding, groups, dilation)


def cases(draw, given):
    stride, dilation, groups = draw(integers(1, 3)), draw(integers(1, 2)), draw(choice(1, 1, 2, 3))
    batch, channels, filters = draw(integers(1, 2)), draw(integers(1, 3)), draw(integers(1, 3))
    kernel = draw(integers(1, 3)), draw(integers(1, 3))
    output_padding = draw(integers(0, max(stride, dilation) - 1))
    room = given.limit // (4 * batch * groups * max(channels, filters) * stride**2)
    size = draw(images(given, (1, 1), max(1, room)))
    full = [(n - 1) * stride + span(k, dilation) + output_padding for n, k in zip(size, kernel, strict=True)]
    shapes = {
        "input": (batch, groups * channels, *size),
        "weight": (groups * channels, filters, *kernel),
        "bias": (groups * filters,) if draw(booleans()) else None,
    }
    return Case(
        **{name: shape and draw(tensors(given, shape)) for name, shape in shapes.items()},
        stride=stride,
        padding=draw(integers(0, min(2, (min(full) - 1) // 2))),
        output_padding=output_padding,
        groups=groups,
        dilation=dilation,
    )


def images_of(size, kernel=(3, 3), *, batch=1, channels=2, filters=3, groups=1, bias=False, dtype="float32", **options):
    """Return the case of images of one size; `channels` and `filters` count those of one group."""
    return Case(
        input=Tensor((batch, groups * channels, *size), dtype),
        weight=Tensor((groups * channels, filters, *kernel), dtype),
        bias=Tensor((groups * filters,), dtype) if bias else None,
        groups=groups,
        **options,
    )


def longest_sum(case):
    """Return the largest number of products in one element of the output."""
    channels, _, height, width = case.weight.shape
    return channels // case.groups * height * width


task = Task(
    reference,
    cases,
    fixed_cases=(
        images_of((5, 7), batch=2),
        images_of((5, 6), bias=True, stride=2, padding=1, output_padding=1),
        images_of((1, 1), (1, 1), channels=1, filters=1),
        images_of((4, 5), (2, 3), stride=2),
        images_of((4, 5), (3, 2), stride=3, output_padding=2, bias=True),
        images_of((5, 4), groups=2, bias=True, padding=1),
        images_of((4, 3), channels=1, filters=1, groups=7, stride=2),
        images_of((5, 4), dilation=2, padding=1),
        images_of((4, 3), stride=2, dilation=3, output_padding=2, padding=2),
        images_of(
            (3, 4), groups=3, channels=2, filters=1, stride=2, padding=1, output_padding=1, dilation=2, bias=True
        ),
        images_of((3, 129), channels=1, filters=2, padding=1),
        images_of((4, 1030), (1, 2), channels=1, filters=1),
        images_of((3, 4), (1, 1), channels=65, filters=33, bias=True),
        images_of((2, 3), channels=3, filters=130),
        images_of((4, 4), (4, 4), channels=5, filters=4, batch=3, stride=2, padding=1),
    ),
    contract=FINITE,
    accumulation=longest_sum,
    tf32=True,
    workloads={
        "dcgan_64_pixels": images_of(
            (32, 32), (4, 4), batch=128, channels=128, filters=64, stride=2, padding=1, dtype="float16"
        ),
        "unet_upsampling": images_of(
            (128, 128), (2, 2), batch=16, channels=256, filters=128, stride=2, bias=True, dtype="float16"
        ),
    },
)
