"""GELU of a 2-d convolution, exact or with the tanh approximation."""

from __future__ import annotations

from pytest_kernelbench import Case
from pytest_kernelbench.authoring.families.convolutions import convolution, convolution_task
from pytest_kernelbench.authoring.strategies import choice
from pytest_kernelbench.authoring.strategies.conv import conv2d_arguments


def reference(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1, approximate="none", out=None):
    from torch.nn.functional import conv2d, gelu

    return gelu(conv2d(input, weight, bias, stride, padding, dilation, groups), approximate=approximate)


def cases(draw, given):
    return Case(**draw(conv2d_arguments(given)), approximate=draw(choice("none", "tanh")))


task = convolution_task(
    reference,
    cases,
    (
        convolution((6, 8)),
        convolution((5, 7), channels=3, filters=2, bias=True, options={"approximate": "tanh"}),
        convolution((9, 6), batch=2, bias=True, options={"stride": 2, "padding": 1}),
        convolution((8, 7), (3, 2), options={"stride": (1, 3), "padding": (2, 0), "approximate": "tanh"}),
        convolution((9, 8), groups=2, bias=True, options={"dilation": 2}),
        convolution((7, 9), (2, 3), groups=3, channels=1, filters=2, options={"dilation": (1, 2)}),
        convolution((5, 6), options={"padding": "same"}),
        convolution((6, 5), options={"padding": "valid", "approximate": "tanh"}),
        convolution((1, 1), 1, channels=1, filters=1),
        convolution((2, 129), (2, 1), filters=1, bias=True),
        convolution((4, 1031), (1, 2), channels=1, filters=1),
        convolution((2, 2), 1, channels=129, filters=2),
        convolution((3, 4), channels=1, filters=65),
    ),
    workloads={
        "convmixer_768_patches": convolution(
            (224, 224), 7, batch=64, channels=3, filters=768, bias=True, dtype="float16", options={"stride": 7}
        ),
    },
    aliases=("gelu_conv2d",),
)
