"""SiLU of the layer normalisation of conv2d(x), over the channels and pixels of each image, scaled by `weight`.

The shipped reference ignores `weight`. A weight has the shape of the normalised dimensions. A weight of one value a
channel, as in the documented example, leaves open whether pixels are normalised together: in such cases all pixels of
an image are equal.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod

from pytest_kernelbench import Case, Contract, Tensor
from pytest_kernelbench.authoring.families.convolutions import VALUES, convolution_task, single_options
from pytest_kernelbench.authoring.strategies import booleans, choice, tensors
from pytest_kernelbench.authoring.strategies.conv import conv2d_arguments, conv2d_sizes, conv2d_tensors


def reference(
    x, weight, conv_weight, conv_bias=None, conv_stride=1, conv_padding=0, conv_dilation=1, conv_groups=1, ln_eps=1e-5
):
    from torch.nn.functional import conv2d, layer_norm, silu

    convolved = conv2d(x, conv_weight, conv_bias, conv_stride, conv_padding, conv_dilation, conv_groups)
    shape = convolved.shape[1:]
    scale = weight if weight.dim() == 3 else weight[:, None, None].expand(shape)
    return silu(layer_norm(convolved, shape, scale, eps=ln_eps))


def cases(draw, given):
    arguments = single_options(draw(conv2d_arguments(given)))
    if given.facet == "values":
        # If all products are zero, a bias is a constant: its rounded deviation is divided by `eps` alone.
        arguments["bias"] = None
    image = arguments.pop("input")
    # The image is large enough that some values depend on it and not on padding alone.
    *planes, height, width = image.shape
    image = replace(image, shape=(*planes, max(3, height), max(3, width)))
    shape = normalised(Case(input=image, **arguments))
    even = shape[1:] == (1, 1)
    if arguments["padding"] == 0 and not even and shape[0] > 1 and draw(booleans()):
        image, even = replace(image, fill=draw(choice("constant(1)", "constant(-2)"))), True
    return Case(
        x=image,
        weight=draw(tensors(given, shape[:1] if even else shape)),
        **{f"conv_{name}": value for name, value in arguments.items() if name != "weight"},
        conv_weight=arguments["weight"],
        ln_eps=draw(choice(1e-5, 1e-3, 1.0)),
    )


def normalised(case):
    """Return channels, height and width of a convolution's result, from arguments without prefix."""
    return (case.weight.shape[0], *conv2d_sizes(case))


def longest(case):
    """Return the longer of the sums of the convolution and of the normalisation."""
    return max(prod(case.conv_weight.shape[1:]), prod(normalised(convolved(case))))


def convolved(case):
    """Return the arguments of the convolution alone, without prefix."""
    names = {name: name.removeprefix("conv_") for name in case.arguments if name.startswith("conv_")}
    return Case(input=case.x, **{plain: case.arguments[name] for name, plain in names.items()})


def block(size, kernel=3, *, alike=None, groups=1, eps=1e-5, options=(), **depths):
    """Return the case of an image and a kernel; with `alike`, all pixels have this value and the channels a weight.

    `depths` are those of `conv2d_tensors`.
    """
    plan = Case(**conv2d_tensors(size, kernel, groups=groups, **depths), groups=groups, **dict(options))
    shape = normalised(plan)
    fill = "normal" if alike is None else f"constant({alike})"
    by_channel = alike is not None or shape[1:] == (1, 1)
    return Case(
        x=replace(plan.input, fill=fill),
        weight=Tensor(shape[:1] if by_channel else shape, plan.input.dtype),
        **{f"conv_{name}": value for name, value in plan.arguments.items() if name != "input"},
        ln_eps=eps,
    )


task = convolution_task(
    reference,
    cases,
    (
        block((3, 4), (3, 4), batch=4, channels=3, filters=8, bias=True),
        block((6, 8), batch=2),
        block((6, 7), batch=2, filters=8, bias=True, alike=1),
        block((5, 7), channels=3, filters=2, bias=True, eps=0.5),
        block((9, 6), batch=2, bias=True, options={"stride": 2, "padding": 1}),
        block((8, 7), (3, 2), options={"stride": 3, "padding": 2}),
        block((9, 8), groups=2, bias=True, eps=5.0, options={"dilation": 2}),
        block((7, 9), (2, 3), groups=3, channels=1, filters=2, options={"dilation": 2}),
        block((3, 5), 2, groups=2, filters=33, alike=-2, options={"dilation": 2}),
        block((1, 1), 1, channels=2, filters=2),
        block((2, 129), (2, 1), filters=1, bias=True),
        block((4, 1031), (1, 2), channels=1, filters=1),
        block((2, 2), 1, channels=129, filters=2),
        block((3, 4), channels=1, filters=65, options={"padding": 1}),
    ),
    contract=Contract(values=VALUES, nan=False, inf=False),
    accumulation=longest,
    workloads={
        "unet_encoder": block(
            (64, 64), batch=32, channels=128, filters=128, bias=True, dtype="float16", options={"padding": 1}
        ),
    },
)
