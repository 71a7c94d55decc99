"""Instance normalisation of selu(conv2d(input)): each channel of each image by its own mean and variance.

As in the shipped reference, `num_features`, `affine` and the running statistics are ignored. Scale, shift and
statistics are not arguments and start as ones and zeros, so these options do not change the result of one call.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract
from pytest_kernelbench.authoring.families.convolutions import convolution, convolution_task, enlarged
from pytest_kernelbench.authoring.strategies import booleans, choice, maybe, numbers
from pytest_kernelbench.authoring.strategies.conv import conv2d_arguments, conv2d_sizes, longest_sum, pair

VALUES = ("normal(0, 0.01)", "normal(2, 0.1)", "uniform(0, 100)", "constant(1)", "integers(0, 2)")
"""Fills that do not make a whole channel far below zero, where SELU turns it into a constant."""


def reference(
    input,
    weight,
    bias=None,
    stride=1,
    padding=0,
    dilation=1,
    groups=1,
    num_features=None,
    eps=1e-5,
    momentum=0.1,
    affine=False,
    track_running_stats=False,
):
    from torch.nn.functional import conv2d, instance_norm, selu

    return instance_norm(selu(conv2d(input, weight, bias, stride, padding, dilation, groups)), eps=eps)


def cases(draw, given):
    arguments = draw(conv2d_arguments(given))
    if given.facet == "values":
        # If all products are zero, a bias is a constant: its rounded deviation is divided by `eps` alone.
        arguments["bias"] = None
    # Padding is documented as integers only.
    kernel = arguments["weight"].shape[2:]
    centred = tuple(step * (extent - 1) // 2 for step, extent in zip(pair(arguments["dilation"]), kernel, strict=True))
    arguments["padding"] = {"valid": 0, "same": centred}.get(arguments["padding"], arguments["padding"])
    return Case(
        **enlarged(arguments, 6),
        num_features=draw(choice(None, arguments["weight"].shape[0])),
        eps=draw(choice(1e-5, 1e-3, 1.0)),
        momentum=draw(maybe(numbers(0.0, 1.0))) or 0.1,
        affine=draw(booleans()),
        track_running_stats=draw(booleans()),
    )


def values(case):
    """Return the number of values that are normalised together."""
    height, width = conv2d_sizes(case)
    return height * width


task = convolution_task(
    reference,
    cases,
    (
        convolution((6, 8)),
        convolution((7, 5), channels=3, filters=2, bias=True, options={"num_features": 2, "affine": True}),
        convolution((9, 8), batch=3, bias=True, options={"stride": 2, "padding": 1, "eps": 1e-3}),
        convolution((8, 9), (3, 2), options={"stride": (1, 3), "padding": (2, 0), "track_running_stats": True}),
        convolution((9, 8), groups=2, bias=True, options={"dilation": 2, "eps": 5.0}),
        convolution((7, 9), (2, 3), groups=3, channels=1, filters=2, batch=2, options={"dilation": (1, 2)}),
        convolution((5, 6), options={"padding": 1, "affine": True, "track_running_stats": True, "momentum": 1.0}),
        convolution((2, 2), 1, channels=1, filters=1),
        convolution((2, 130), (2, 1), filters=1, batch=2, bias=True),
        convolution((4, 1031), (1, 2), channels=1, filters=1),
        convolution((2, 3), 1, channels=129, filters=2),
        convolution((4, 6), channels=1, filters=65, options={"num_features": 65, "track_running_stats": True}),
        convolution((34, 33), 2, channels=1, filters=1),
    ),
    contract=Contract(values=VALUES, nan=False, inf=False),
    accumulation=lambda case: max(longest_sum(case), values(case)),
    workloads={
        "style_transfer_residual": convolution(
            (64, 64), batch=32, channels=128, filters=128, bias=True, dtype="float16", options={"padding": 1}
        ),
        "cyclegan_generator": convolution((66, 66), batch=8, channels=256, filters=256, bias=True),
    },
)
