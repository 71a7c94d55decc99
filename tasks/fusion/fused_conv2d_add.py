"""conv2d(input) + alpha * other, where other is None, a number or a tensor that broadcasts to the result.

`out` is written as documented; the shipped reference ignores it.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.convolutions import convolution_task
from pytest_kernelbench.authoring.strategies import choice, tensors
from pytest_kernelbench.authoring.strategies.conv import conv2d_arguments, conv2d_sizes, conv2d_tensors


def reference(input, weight, bias=None, other=None, stride=1, padding=0, dilation=1, groups=1, alpha=1, out=None):
    from torch.nn.functional import conv2d

    convolved = conv2d(input, weight, bias, stride, padding, dilation, groups)
    return convolved if other is None else convolved + alpha * other


def cases(draw, given):
    arguments = draw(conv2d_arguments(given))
    whole = result(Case(**arguments))
    shape = draw(choice(whole, whole, (whole[1], 1, 1), (*whole[:3], 1), None))
    number = draw(choice(None, 2, -0.5))
    return Case(
        **arguments,
        other=draw(tensors(given, shape)) if shape else number,
        alpha=draw(choice(1, 2, -0.5, 0.25)),
    )


def result(case):
    """Return the shape of the convolution's result."""
    return (case.input.shape[0], case.weight.shape[0], *conv2d_sizes(case))


def convolution(size, kernel=3, other=result, groups=1, options=(), **depths):
    """Return the case of an image and a kernel; `other` is None, a number, a shape, or its function."""
    case = Case(**conv2d_tensors(size, kernel, groups=groups, **depths), groups=groups, **dict(options))
    added = other(case) if callable(other) else other
    return Case(**case.arguments, other=Tensor(added, case.input.dtype) if isinstance(added, tuple) else added)


task = convolution_task(
    reference,
    cases,
    (
        convolution((6, 8)),
        convolution((5, 7), channels=3, bias=True, options={"alpha": 2}),
        convolution((6, 9), batch=2, bias=True, other=0.5, options={"alpha": -1.5, "stride": 2, "padding": 1}),
        convolution((6, 7), bias=True, other=None, options={"alpha": 3}),
        convolution((8, 7), (3, 2), other=(3, 1, 1), options={"stride": (1, 3), "padding": (2, 0)}),
        convolution((9, 8), groups=2, batch=2, bias=True, options={"dilation": 2, "alpha": 0.25}),
        convolution((7, 9), (2, 3), groups=3, channels=1, filters=2, other=2, options={"dilation": (1, 2)}),
        convolution((5, 6), batch=3, other=(3, 1, 5, 6), options={"padding": "same", "alpha": -1}),
        convolution((6, 5), other=(3,), options={"padding": "valid"}),
        convolution((1, 1), 1, channels=1, filters=1),
        convolution((2, 129), (2, 1), filters=1, bias=True, options={"alpha": 0.5}),
        convolution((4, 1031), (1, 2), channels=1, filters=1, options={"alpha": 2}),
        convolution((2, 2), 1, channels=129, filters=2),
        convolution((3, 4), channels=1, filters=65, other=(65, 1, 1)),
    ),
    workloads={
        "resnet50_stage1_shortcut": convolution(
            (56, 56), 1, batch=64, channels=64, filters=256, bias=True, dtype="float16"
        ),
    },
    aliases=("conv2d_add",),
)
