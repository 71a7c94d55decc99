"""ReLU of a 2-d convolution; NaN stays NaN, and `inplace` has no visible effect."""

from __future__ import annotations

from pytest_kernelbench import Case, Contract
from pytest_kernelbench.authoring.families.convolutions import convolution, convolution_task
from pytest_kernelbench.authoring.strategies import booleans
from pytest_kernelbench.authoring.strategies.conv import conv2d_arguments


def reference(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1, inplace=False):
    from torch.nn.functional import conv2d, relu

    return relu(conv2d(input, weight, bias, stride, padding, dilation, groups), inplace=inplace)


def cases(draw, given):
    return Case(**draw(conv2d_arguments(given)), inplace=draw(booleans()))


task = convolution_task(
    reference,
    cases,
    (
        convolution((6, 8)),
        convolution((5, 7), channels=3, filters=2, bias=True),
        convolution((9, 6), batch=2, bias=True, options={"stride": 2, "padding": 1}),
        convolution((8, 7), (3, 2), options={"stride": (1, 3), "padding": (2, 0)}),
        convolution((9, 8), groups=2, bias=True, options={"dilation": 2}),
        convolution((7, 9), (2, 3), groups=3, channels=1, filters=2, options={"dilation": (1, 2), "inplace": True}),
        convolution((5, 6), options={"padding": "same"}),
        convolution((6, 5), options={"padding": "valid"}),
        convolution((1, 1), 1, channels=1, filters=1),
        convolution((2, 129), (2, 1), filters=1, bias=True),
        convolution((4, 1031), (1, 2), channels=1, filters=1),
        convolution((2, 2), 1, channels=129, filters=2),
        convolution((3, 4), channels=1, filters=65),
    ),
    # NaN is tested in the input only: a NaN in a weight may be skipped where it meets only padding.
    contract=Contract(nan=("input",), inf=False),
    workloads={
        "vgg16_conv3": convolution(
            (56, 56), batch=32, channels=128, filters=256, bias=True, dtype="float16", options={"padding": 1}
        ),
    },
    aliases=("relu_conv2d",),
)
