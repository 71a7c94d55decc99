"""Leaky ReLU of a 2-d convolution; `inplace` has no visible effect.

Stride, padding and dilation are one integer each, as in the published signature.
"""

from __future__ import annotations

from pytest_kernelbench import Case
from pytest_kernelbench.authoring.families.convolutions import convolution, convolution_task, single_options
from pytest_kernelbench.authoring.strategies import booleans, choice
from pytest_kernelbench.authoring.strategies.conv import conv2d_arguments


def reference(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1, negative_slope=0.01, inplace=False):
    from torch.nn.functional import conv2d, leaky_relu

    convolved = conv2d(input, weight, bias, stride, padding, dilation, groups)
    return leaky_relu(convolved, negative_slope, inplace=inplace)


def cases(draw, given):
    return Case(
        **single_options(draw(conv2d_arguments(given))),
        negative_slope=draw(choice(0.01, 0.2, 0.0, 1.5)),
        inplace=draw(booleans()),
    )


task = convolution_task(
    reference,
    cases,
    (
        convolution((6, 8)),
        convolution((5, 7), channels=3, filters=2, bias=True, options={"negative_slope": 0.2}),
        convolution((9, 6), batch=2, bias=True, options={"stride": 2, "padding": 1}),
        convolution((8, 7), (3, 2), options={"stride": 3, "padding": 2, "inplace": True}),
        convolution((9, 8), groups=2, bias=True, options={"dilation": 2, "negative_slope": 0.1}),
        convolution((7, 9), (2, 3), groups=3, channels=1, filters=2, options={"dilation": 2, "negative_slope": 0.0}),
        convolution((5, 6), bias=True, options={"padding": 3, "negative_slope": 1.5}),
        convolution((1, 1), 1, channels=1, filters=1),
        convolution((2, 129), (2, 1), filters=1, bias=True),
        convolution((4, 1031), (1, 2), channels=1, filters=1),
        convolution((2, 2), 1, channels=129, filters=2),
        convolution((3, 4), channels=1, filters=65, options={"negative_slope": 0.3}),
    ),
    workloads={
        "yolov3_darknet53_stage3": convolution(
            (52, 52),
            batch=32,
            channels=128,
            filters=256,
            bias=True,
            dtype="float16",
            options={"padding": 1, "negative_slope": 0.1},
        ),
        "srgan_discriminator": convolution(
            (96, 96),
            batch=16,
            channels=64,
            filters=64,
            bias=True,
            options={"stride": 2, "padding": 1, "negative_slope": 0.2},
        ),
    },
    aliases=("leaky_relu_conv2d",),
)
