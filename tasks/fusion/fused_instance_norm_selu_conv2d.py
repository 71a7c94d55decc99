"""2-d convolution, SELU, then instance normalisation: each channel of each image by its own mean and variance.

As shipped, `num_features`, `affine` and the running statistics are ignored. Scale, shift and statistics are none of the
arguments and start as ones and zeros, so that these options do not change the result of one call.
"""

from __future__ import annotations

from dataclasses import replace

from pytest_kernelbench import Case, Contract, Task
from pytest_kernelbench.strategies import booleans, choice, maybe, numbers
from pytest_kernelbench.strategies.conv import conv2d_arguments, conv2d_sizes, conv2d_tensors, longest_sum, pair

VALUES = ("normal(0, 0.01)", "normal(2, 0.1)", "uniform(0, 100)", "constant(1)", "integers(0, 2)")
"""No values of which all convolutions of a channel may be far below zero: SELU makes those one constant."""


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
        # Beside products of zeros a bias is a constant, whose rounded mean nothing but `eps` divides.
        arguments["bias"] = None
    # Padding is documented as numbers only.
    kernel = arguments["weight"].shape[2:]
    centred = tuple(step * (extent - 1) // 2 for step, extent in zip(pair(arguments["dilation"]), kernel, strict=True))
    arguments["padding"] = {"valid": 0, "same": centred}.get(arguments["padding"], arguments["padding"])
    # The variance is of at least nine values, some of which depend on the image and not on padding alone.
    *planes, height, width = arguments["input"].shape
    arguments["input"] = replace(arguments["input"], shape=(*planes, height + 6, width + 6))
    return Case(
        **arguments,
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


def block(size, kernel=3, groups=1, options=(), **depths):
    """Return the case of an image and a kernel; `depths` are those of `conv2d_tensors`."""
    return Case(**conv2d_tensors(size, kernel, groups=groups, **depths), groups=groups, **dict(options))


task = Task(
    reference,
    cases,
    spine=(
        block((6, 8)),
        block((7, 5), channels=3, filters=2, bias=True, options={"num_features": 2, "affine": True}),
        block((9, 8), batch=3, bias=True, options={"stride": 2, "padding": 1, "eps": 1e-3}),
        block((8, 9), (3, 2), options={"stride": (1, 3), "padding": (2, 0), "track_running_stats": True}),
        block((9, 8), groups=2, bias=True, options={"dilation": 2, "eps": 5.0}),
        block((7, 9), (2, 3), groups=3, channels=1, filters=2, batch=2, options={"dilation": (1, 2)}),
        block((5, 6), options={"padding": 1, "affine": True, "track_running_stats": True, "momentum": 1.0}),
        block((2, 2), 1, channels=1, filters=1),
        block((2, 130), (2, 1), filters=1, batch=2, bias=True),
        block((4, 1031), (1, 2), channels=1, filters=1),
        block((2, 3), 1, channels=129, filters=2),
        block((4, 6), channels=1, filters=65, options={"num_features": 65, "track_running_stats": True}),
        block((34, 33), 2, channels=1, filters=1),
    ),
    contract=Contract(values=VALUES, nan=False, inf=False),
    accumulation=lambda case: max(longest_sum(case), values(case)),
    tf32=True,
    workloads={
        "style_transfer_residual": block(
            (64, 64), batch=32, channels=128, filters=128, bias=True, dtype="float16", options={"padding": 1}
        ),
        "cyclegan_generator": block((66, 66), batch=8, channels=256, filters=256, bias=True),
    },
)
