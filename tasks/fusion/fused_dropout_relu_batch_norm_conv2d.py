"""Dropout of relu(batch_norm(conv2d(input))): each element is dropped, or kept and scaled by 1 / (1 - p).

The signature has no running statistics: the batch's own are used whether training or not, because `training` is
documented to switch only dropout. `inplace` has no visible effect.

The shipped reference fails without training.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract
from pytest_kernelbench.authoring.families.convolutions import VALUES, convolution, enlarged, values_of_a_channel
from pytest_kernelbench.authoring.families.dropout import dropout_task
from pytest_kernelbench.authoring.strategies import booleans, choice
from pytest_kernelbench.authoring.strategies.conv import conv2d_arguments, longest_sum


def reference(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1, p=0.5, training=True, inplace=False):
    from torch.nn.functional import batch_norm, conv2d, dropout

    convolved = conv2d(input, weight, bias, stride, padding, dilation, groups)
    rectified = batch_norm(convolved, None, None, training=True).relu()
    return dropout(rectified, p, training, inplace)


def kept(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1, p=0.5, training=True, inplace=False):
    """Return the result without a dropped element; where all are dropped, the scale does not matter."""
    whole = reference(input, weight, bias, stride, padding, dilation, groups, training=False)
    return whole / (1 - p) if training and p < 1 else whole


def dropped(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1, p=0.5, training=True, inplace=False):
    """Return the result where every element is dropped."""
    return reference(input, weight, bias, stride, padding, dilation, groups, training=False).zero_()


def cases(draw, given):
    arguments = draw(conv2d_arguments(given))
    if given.facet == "values":
        # If all products are zero, a bias is a constant: its rounded deviation is divided by `eps` alone.
        arguments["bias"] = None
    return Case(
        **enlarged(arguments, 3),
        p=draw(choice(0.5, 0.1, 0.3, 0.9, 0.0, 1.0)),
        training=draw(choice(True, True, False)),
        inplace=draw(booleans()),
    )


task = dropout_task(
    reference,
    cases,
    (
        convolution((12, 14), filters=4),
        convolution((7, 8), batch=2, bias=True, options={"training": False}),
        convolution((9, 11), channels=3, filters=5, bias=True, options={"stride": 2, "padding": 1, "p": 0.1}),
        convolution((8, 7), (3, 2), options={"stride": (1, 3), "padding": (2, 0), "p": 0.0}),
        convolution((9, 8), groups=2, filters=8, bias=True, options={"dilation": 2, "p": 0.3, "inplace": True}),
        convolution((7, 9), (2, 3), groups=3, channels=1, filters=2, options={"dilation": (1, 2), "p": 1.0}),
        convolution((12, 11), filters=5, options={"padding": "same", "p": 0.8}),
        convolution((6, 5), batch=3, options={"padding": "valid", "training": False, "p": 0.9, "inplace": True}),
        convolution((2, 2), 1, channels=1, filters=1, options={"p": 0.0}),
        convolution((2, 131), (2, 1), filters=5, bias=True),
        convolution((4, 1031), (1, 2), channels=1, filters=1),
        convolution((2, 2), 1, channels=129, filters=2, options={"training": False}),
        convolution((4, 5), channels=1, filters=65),
    ),
    kept,
    dropped,
    many_draws=convolution((64, 64), 1, channels=1, filters=12),
    contract=Contract(values=VALUES, nan=False, inf=False, deterministic=False),
    accumulation=lambda case: max(longest_sum(case), values_of_a_channel(case)),
    tf32=True,
    workloads={
        "wide_resnet_28_10": convolution(
            (32, 32), batch=128, channels=160, filters=160, dtype="float16", options={"padding": 1, "p": 0.3}
        ),
    },
    aliases=("dropout_relu_batch_norm_conv2d",),
)
