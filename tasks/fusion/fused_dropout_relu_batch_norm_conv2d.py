"""2-d convolution, batch normalisation, ReLU, then dropout: each element is dropped, or kept and scaled by 1 / (1 - p).

The signature has no running statistics: the batch's own are used whether training or not, as `training` is documented
to switch dropout alone. `inplace` cannot be seen from outside.
"""

from __future__ import annotations

from dataclasses import replace

from pytest_kernelbench import Case, Contract, Task
from pytest_kernelbench.strategies import booleans, choice
from pytest_kernelbench.strategies.conv import conv2d_arguments, conv2d_sizes, conv2d_tensors, longest_sum

VALUES = (
    "normal(0, 0.01)",
    "normal(0, 30)",
    "normal(30, 1)",
    "outliers",
    "constant(1)",
    "integers(0, 2)",
    "integers(-3, 4)",
    "signed_zeros",
)
"""No values of which a sum that is rounded once loses the variance, and none whose products are denormal."""


def reference(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1, p=0.5, training=True, inplace=False):
    from torch.nn.functional import batch_norm, conv2d, dropout

    convolved = conv2d(input, weight, bias, stride, padding, dilation, groups)
    rectified = batch_norm(convolved, None, None, training=True).relu()
    return dropout(rectified, p, training, inplace)


def kept(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1, p=0.5, training=True, inplace=False):
    """Return what no dropped element gives; where all of them are dropped, the scale does not matter."""
    whole = reference(input, weight, bias, stride, padding, dilation, groups, training=False)
    return whole / (1 - p) if training and p < 1 else whole


def dropped(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1, p=0.5, training=True, inplace=False):
    """Return what only dropped elements give."""
    return reference(input, weight, bias, stride, padding, dilation, groups, training=False).zero_()


def cases(draw, given):
    arguments = draw(conv2d_arguments(given))
    if given.facet == "values":
        # Beside products of zeros a bias is a constant, whose rounded mean nothing but `eps` divides.
        arguments["bias"] = None
    # The variance is of at least four values, some of which depend on the image and not on padding alone.
    *planes, height, width = arguments["input"].shape
    arguments["input"] = replace(arguments["input"], shape=(*planes, height + 3, width + 3))
    return Case(
        **arguments,
        p=draw(choice(0.5, 0.1, 0.3, 0.9, 0.0, 1.0)),
        training=draw(choice(True, True, False)),
        inplace=draw(booleans()),
    )


def values(case):
    """Return the number of values that one channel is normalised by."""
    height, width = conv2d_sizes(case)
    return case.input.shape[0] * height * width


def chance(case):
    """Return the probability that an element is dropped."""
    return case.arguments.get("p", 0.5) if case.arguments.get("training", True) else 0.0


def block(size, kernel=3, groups=1, options=(), **depths):
    """Return the case of an image and a kernel; `depths` are those of `conv2d_tensors`."""
    return Case(**conv2d_tensors(size, kernel, groups=groups, **depths), groups=groups, **dict(options))


task = Task(
    reference,
    cases,
    spine=(
        block((12, 14), filters=4),
        block((7, 8), batch=2, bias=True, options={"training": False}),
        block((9, 11), channels=3, filters=5, bias=True, options={"stride": 2, "padding": 1, "p": 0.1}),
        block((8, 7), (3, 2), options={"stride": (1, 3), "padding": (2, 0), "p": 0.0}),
        block((9, 8), groups=2, filters=8, bias=True, options={"dilation": 2, "p": 0.3, "inplace": True}),
        block((7, 9), (2, 3), groups=3, channels=1, filters=2, options={"dilation": (1, 2), "p": 1.0}),
        block((12, 11), filters=5, options={"padding": "same", "p": 0.8}),
        block((6, 5), batch=3, options={"padding": "valid", "training": False, "p": 0.9, "inplace": True}),
        block((2, 2), 1, channels=1, filters=1, options={"p": 0.0}),
        block((2, 131), (2, 1), filters=5, bias=True),
        block((4, 1031), (1, 2), channels=1, filters=1),
        block((2, 2), 1, channels=129, filters=2, options={"training": False}),
        block((4, 5), channels=1, filters=65),
    ),
    contract=Contract(values=VALUES, nan=False, inf=False, deterministic=False),
    accumulation=lambda case: max(longest_sum(case), values(case)),
    compare="outcomes",
    outcomes=(kept, dropped),
    chance=chance,
    tf32=True,
    workloads={
        "wide_resnet_28_10": block(
            (32, 32), batch=128, channels=160, filters=160, dtype="float16", options={"padding": 1, "p": 0.3}
        ),
    },
)
