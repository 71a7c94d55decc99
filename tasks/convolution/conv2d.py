"""2-d convolution with stride, padding as numbers or by name, dilation and groups."""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.convolutions import convolution_task
from pytest_kernelbench.authoring.strategies.conv import conv2d_arguments, conv2d_tensors


def reference(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    import torch

    return torch.nn.functional.conv2d(input, weight, bias, stride, padding, dilation, groups)


def cases(draw, given):
    return Case(**draw(conv2d_arguments(given)))


def images(size, kernel=3, *, batch=1, channels=2, filters=3, groups=1, bias=False, **options):
    """Return the case of images of one size; `channels` and `filters` count those of one group."""
    fitting = conv2d_tensors(size, kernel, batch=batch, channels=channels, filters=filters, groups=groups, bias=bias)
    return Case(**fitting, **options, **({"groups": groups} if groups > 1 else {}))


task = convolution_task(
    reference,
    cases,
    (
        images((8, 9), batch=2),
        images((9, 8), bias=True, stride=2, padding=1),
        images((1, 1), 1, channels=1, filters=1),
        images((7, 11), (2, 3), bias=True, stride=(1, 3), padding=(0, 2), dilation=(2, 1)),
        images((6, 7), groups=2, bias=True, padding=1),
        images((5, 6), channels=1, filters=1, groups=7, padding=1),
        images((9, 9), (3, 5), padding="same", dilation=2),
        images((5, 6), (2, 3), padding="valid", bias=True),
        images((4, 129), channels=1, filters=2, padding=1),
        images((4, 1031), (1, 2), channels=1, filters=1),
        images((3, 4), 1, channels=65, filters=33, bias=True),
        images((3, 3), channels=3, filters=130),
        images((7, 6), channels=6, filters=6, batch=3, stride=3, dilation=2),
    ),
    workloads={
        "resnet50_stage2": Case(
            input=Tensor((128, 128, 28, 28), "float16"), weight=Tensor((128, 128, 3, 3), "float16"), padding=1
        ),
        "mobilenet_depthwise": Case(
            input=Tensor((128, 144, 56, 56), "float16"), weight=Tensor((144, 1, 3, 3), "float16"), padding=1, groups=144
        ),
    },
)
