"""Pixel shuffle of a 2-d convolution: `upscale_factor` squared channels become one of as many times the pixels.

Stride, padding and dilation are one integer each: pairs and names are not documented.
"""

from __future__ import annotations

from dataclasses import replace

from pytest_kernelbench import Case
from pytest_kernelbench.authoring.families.convolutions import convolution_task, single_options
from pytest_kernelbench.authoring.strategies import choice
from pytest_kernelbench.authoring.strategies.conv import conv2d_arguments, conv2d_tensors

MAX_FILTERS = 18
"""Largest number of filters of a drawn case."""


def reference(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1, upscale_factor=2):
    from torch.nn.functional import conv2d, pixel_shuffle

    return pixel_shuffle(conv2d(input, weight, bias, stride, padding, dilation, groups), upscale_factor)


def cases(draw, given):
    arguments = single_options(draw(conv2d_arguments(given)))
    filters = arguments["weight"].shape[0]
    factor = draw(choice(*(factor for factor in (1, 2, 2, 3) if factor**2 * filters <= MAX_FILTERS)))
    for name in ("weight", "bias"):
        recipe = arguments[name]
        arguments[name] = recipe and replace(recipe, shape=(factor**2 * filters, *recipe.shape[1:]))
    return Case(**arguments, upscale_factor=factor)


def upscaled(size, kernel=3, upscale_factor=2, planes=1, groups=1, options=(), **depths):
    """Return the case whose result has `planes` channels, a multiple of `groups`."""
    filters = planes * upscale_factor**2 // groups
    fitting = conv2d_tensors(size, kernel, filters=filters, groups=groups, **depths)
    return Case(**fitting, groups=groups, upscale_factor=upscale_factor, **dict(options))


task = convolution_task(
    reference,
    cases,
    (
        upscaled((6, 8)),
        upscaled((5, 7), channels=3, planes=2, bias=True),
        upscaled((9, 6), batch=2, bias=True, options={"stride": 2, "padding": 1}),
        upscaled((5, 4), upscale_factor=3, bias=True, options={"padding": 1}),
        upscaled((9, 8), groups=2, bias=True, options={"dilation": 2}),
        upscaled((7, 9), (2, 3), groups=2, planes=3, channels=1, options={"dilation": 2, "stride": 3}),
        upscaled((6, 5), upscale_factor=1, planes=3),
        upscaled((1, 1), 1, upscale_factor=4, channels=1),
        upscaled((2, 129), (2, 1), channels=1, bias=True),
        upscaled((4, 1030), 2, channels=1, options={"stride": 2}),
        upscaled((2, 2), 1, channels=129, batch=2),
        upscaled((3, 4), channels=1, planes=17, options={"padding": 1}),
        upscaled((4, 3), 2, upscale_factor=5, channels=1, options={"padding": 2}),
    ),
    workloads={
        "espcn_last_layer": upscaled(
            (270, 480),
            upscale_factor=4,
            planes=3,
            batch=16,
            channels=32,
            bias=True,
            dtype="float16",
            options={"padding": 1},
        ),
        "edsr_upsampler": upscaled(
            (96, 96), planes=64, batch=16, channels=64, bias=True, dtype="float16", options={"padding": 1}
        ),
    },
    aliases=("pixel_shuffle_conv2d",),
)
