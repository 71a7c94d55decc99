"""relu(batch_norm(conv2d(input))); training updates the running statistics.

Running statistics may be absent in training, which uses those of the batch. `inplace` has no visible effect.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Tensor
from pytest_kernelbench.authoring.families.batch_norm import VARIANCES
from pytest_kernelbench.authoring.families.convolutions import VALUES, convolution_task, enlarged, values_of_a_channel
from pytest_kernelbench.authoring.strategies import booleans, choice, numbers, tensors
from pytest_kernelbench.authoring.strategies.conv import conv2d_arguments, conv2d_tensors, longest_sum


def reference(
    input,
    weight,
    bias=None,
    stride=1,
    padding=0,
    dilation=1,
    groups=1,
    running_mean=None,
    running_var=None,
    bn_weight=None,
    bn_bias=None,
    training=False,
    momentum=0.1,
    eps=1e-5,
    inplace=False,
):
    from torch.nn.functional import batch_norm, conv2d, relu

    convolved = conv2d(input, weight, bias, stride, padding, dilation, groups)
    normalised = batch_norm(convolved, running_mean, running_var, bn_weight, bn_bias, training, momentum, eps)
    return relu(normalised, inplace=inplace)


def cases(draw, given):
    arguments = draw(conv2d_arguments(given))
    if given.facet == "values":
        # If all products are zero, a bias is a constant: its rounded deviation is divided by `eps` alone.
        arguments["bias"] = None
    training = draw(booleans())
    if training:
        arguments = enlarged(arguments, 3)
    channels = (arguments["weight"].shape[0],)
    statistics = {"running_mean": None, "running_var": VARIANCES}
    tracked = not training or draw(choice(True, True, False))
    return Case(
        **arguments,
        **{name: draw(tensors(given, channels, fill=fill)) for name, fill in statistics.items() if tracked},
        bn_weight=draw(tensors(given, channels)) if draw(booleans()) else None,
        bn_bias=draw(tensors(given, channels)) if draw(booleans()) else None,
        training=training,
        momentum=draw(numbers(0.0, 1.0)),
        eps=draw(choice(1e-5, 1e-3, 1.0)),
        inplace=draw(booleans()),
    )


def longest(case):
    """Return the longer of the sums of the convolution and of the statistics."""
    return max(longest_sum(case), values_of_a_channel(case) if case.arguments.get("training") else 1)


def block(size, kernel=3, *, groups=1, filters=3, tracked=True, affine=False, dtype="float32", options=(), **depths):
    """Return the case of an image and a kernel, with running statistics if `tracked`, with scale and shift if `affine`.

    `depths` are those of `conv2d_tensors`.
    """
    channels = (groups * filters,)
    names = (("running_mean", "running_var") if tracked else ()) + (("bn_weight", "bn_bias") if affine else ())
    return Case(
        **conv2d_tensors(size, kernel, groups=groups, filters=filters, dtype=dtype, **depths),
        groups=groups,
        **{name: Tensor(channels, dtype, VARIANCES if name == "running_var" else "normal") for name in names},
        **dict(options),
    )


task = convolution_task(
    reference,
    cases,
    (
        block((6, 8)),
        block((7, 8), batch=2, bias=True, affine=True, options={"training": True}),
        block((5, 7), channels=3, filters=2, bias=True, affine=True, options={"stride": 2, "padding": 1, "eps": 0.5}),
        block((7, 6), batch=3, tracked=False, options={"training": True, "eps": 5.0}),
        block((8, 7), (3, 2), affine=True, options={"stride": (1, 3), "padding": (2, 0), "training": True}),
        block((9, 8), groups=2, bias=True, options={"dilation": 2, "training": True, "momentum": 0.3}),
        block((7, 9), (2, 3), groups=3, channels=1, filters=2, options={"dilation": (1, 2), "inplace": True}),
        block((5, 6), affine=True, options={"padding": "same", "training": True, "momentum": 1.0, "inplace": True}),
        block((6, 5), bias=True, options={"padding": "valid", "training": True, "momentum": 0.0}),
        block((1, 1), 1, channels=1, filters=1, affine=True),
        block((2, 130), (2, 1), filters=1, bias=True, options={"training": True}),
        block((4, 1031), (1, 2), channels=1, filters=1, affine=True, options={"training": True}),
        block((2, 2), 1, channels=129, filters=2, affine=True, options={"training": True}),
        block((4, 5), channels=1, filters=65, affine=True, options={"training": True}),
    ),
    contract=Contract(values=VALUES, nan=False, inf=False),
    accumulation=longest,
    mutates=("running_mean", "running_var"),
    workloads={
        "resnet50_stage2_inference": block(
            (28, 28), batch=128, channels=128, filters=128, affine=True, dtype="float16", options={"padding": 1}
        ),
        "resnet50_stage1_training": block(
            (56, 56), batch=64, channels=64, filters=64, affine=True, options={"padding": 1, "training": True}
        ),
    },
    aliases=("relu_batch_norm_conv2d",),
)
