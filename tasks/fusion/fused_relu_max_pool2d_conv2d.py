"""relu(max_pool2d(conv2d(input))); NaN stays NaN, and `inplace` has no visible effect."""

from __future__ import annotations

from pytest_kernelbench import Case, Contract
from pytest_kernelbench.authoring.families.convolutions import convolution_task
from pytest_kernelbench.authoring.strategies import booleans
from pytest_kernelbench.authoring.strategies.conv import (
    conv2d_arguments,
    conv2d_sizes,
    conv2d_tensors,
    pool2d_options,
)


def reference(
    input,
    weight,
    bias=None,
    conv_stride=1,
    conv_padding=0,
    conv_dilation=1,
    conv_groups=1,
    pool_kernel_size=2,
    pool_stride=None,
    pool_padding=0,
    pool_dilation=1,
    pool_ceil_mode=False,
    inplace=False,
):
    from torch.nn.functional import conv2d, max_pool2d, relu

    convolved = conv2d(input, weight, bias, conv_stride, conv_padding, conv_dilation, conv_groups)
    pooled = max_pool2d(convolved, pool_kernel_size, pool_stride, pool_padding, pool_dilation, pool_ceil_mode)
    return relu(pooled, inplace=inplace)


def cases(draw, given):
    arguments = draw(conv2d_arguments(given))
    tensors = {name: arguments.pop(name) for name in ("input", "weight", "bias")}
    convolved = Case(**tensors, **{f"conv_{name}": value for name, value in arguments.items()})
    pooling = draw(pool2d_options(conv2d_sizes(convolved, "conv_")))
    options = {f"pool_{name}": value for name, value in pooling.items()}
    return Case(**convolved.arguments, **options, inplace=draw(booleans()))


def block(size, kernel=3, groups=1, conv=(), pool=(), inplace=False, **depths):
    """Return the case of an image, a kernel and the options of both steps; `depths` are those of `conv2d_tensors`."""
    return Case(
        **conv2d_tensors(size, kernel, groups=groups, **depths),
        conv_groups=groups,
        **{f"conv_{name}": value for name, value in dict(conv).items()},
        **{f"pool_{name}": value for name, value in dict(pool).items()},
        inplace=inplace,
    )


task = convolution_task(
    reference,
    cases,
    (
        block((8, 10)),
        block((8, 8), channels=3, filters=2, bias=True),
        block((7, 9), batch=2, pool={"kernel_size": 3, "stride": 2, "padding": 1}),
        block((8, 7), bias=True, pool={"kernel_size": 2, "stride": 2, "ceil_mode": True}),
        block((9, 11), conv={"stride": 2, "padding": 1}, pool={"kernel_size": (2, 3), "stride": (1, 2)}),
        block((9, 8), groups=2, bias=True, conv={"dilation": 2}, pool={"kernel_size": 2, "stride": 1}),
        block((7, 8), 2, groups=3, channels=1, filters=1, pool={"kernel_size": 2, "dilation": 2}, inplace=True),
        block((6, 5), conv={"padding": "same"}, pool={"kernel_size": (3, 2), "padding": (1, 0), "ceil_mode": True}),
        block((1, 1), 1, channels=1, filters=1, pool={"kernel_size": 1}),
        block((3, 131), (2, 1), filters=1),
        block((5, 1031), (1, 2), channels=1, filters=1, pool={"kernel_size": (2, 1), "stride": 1}),
        block((2, 2), 1, channels=129, filters=2),
        block((3, 3), 2, channels=1, filters=65),
    ),
    # NaN is tested in the input only: a NaN in a weight may be skipped where it meets only padding.
    contract=Contract(nan=("input",), inf=False),
    workloads={
        "resnet50_stem": block(
            (224, 224),
            7,
            batch=64,
            channels=3,
            filters=64,
            dtype="float16",
            conv={"stride": 2, "padding": 3},
            pool={"kernel_size": 3, "stride": 2, "padding": 1},
        ),
    },
    aliases=("relu_max_pool2d_conv2d",),
)
