"""2-d convolution through int8: images and filters quantised, int32 sums scaled back, bias added in floating point.

The shipped test compares with the unquantised convolution; the oracle is the pipeline, as documented. Filters have one
scale each. The images have one scale for all of them, or one a channel, whose sums are then scaled back channel by
channel. Which symmetric grid is meant is open (`authoring.quantisation`). Scales of other groups along the sum are not
accepted.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.int8 import int8_pipeline
from pytest_kernelbench.authoring.quantisation import INT8, Codes, Pipeline, codes, product, quantise, rounding
from pytest_kernelbench.authoring.strategies import booleans, integers, sizes, tensors
from pytest_kernelbench.authoring.strategies.conv import conv2d_tensors, images, longest_sum, positions


def reference(input, weight, bias=None, stride=1, padding=0):
    from torch.nn.functional import conv2d

    pixels, scale = quantise(input, (0, 1, 2, 3))
    filters, scales = quantise(weight, (1, 2, 3))
    result = conv2d(pixels, filters, None, stride, padding) * scale * scales.reshape(-1, 1, 1)
    return result if bias is None else result + bias.reshape(-1, 1, 1)


def pipelines(input, weight, bias=None, stride=1, padding=0):
    from torch.nn.functional import unfold

    batch, channels = input.shape[:2]
    height, width = weight.shape[2:]
    for slices, dims, groups in (("by tensor", (0, 1, 2, 3), 1), ("by channel", (0, 2, 3), channels)):
        for grid in INT8:
            # Each group of channels is a product of (filters, window) by (window, positions) matrices.
            pixels, filters = codes(input, dims, grid), codes(weight, (1, 2, 3), grid)
            windows = [unfold(part, (height, width), padding=padding, stride=stride) for part in pixels[:2]]
            right = Codes(
                *(part.reshape(batch, groups, -1, part.shape[-1]) for part in windows),
                *(part.reshape(1, groups, 1, 1) for part in pixels[2:]),
            )
            left = Codes(
                *(part.reshape(len(weight), groups, -1).transpose(0, 1)[None] for part in filters[:2]),
                *(part.reshape(1, 1, -1, 1) for part in filters[2:]),
            )
            parts, tolerances = product(left, right)
            rows = positions(input.shape[2], height, stride, padding)
            value, tolerance = (each.sum(1).reshape(batch, len(weight), rows, -1) for each in (parts, tolerances))
            shift = value.new_zeros(1) if bias is None else bias.double().reshape(-1, 1, 1)
            name = f"images {slices}, weight by filter, {grid}"
            yield Pipeline(name, value + shift, tolerance + rounding(input.dtype, value, shift))


def cases(draw, given):
    kernel, padding = (draw(integers(1, 3)), draw(integers(1, 3))), draw(integers(0, 2))
    batch, channels, filters = draw(integers(1, 2)), draw(integers(1, 4)), draw(sizes(given, 1, 40))
    least = tuple(max(1, extent - 2 * padding) for extent in kernel)
    size = draw(images(given, least, given.limit // (4 * batch * max(channels, filters))))
    plan = conv2d_tensors(size, kernel, batch=batch, channels=channels, filters=filters, bias=draw(booleans()))
    return Case(
        **{name: recipe and draw(tensors(given, recipe.shape)) for name, recipe in plan.items()},
        stride=draw(integers(1, 3)),
        padding=padding,
    )


def convolution(size, kernel=3, *, batch=1, channels=2, filters=3, bias=False, fills=(), **options):
    """Return the case of images of one size; `fills` are those of some of the tensors, by name."""
    plan = conv2d_tensors(size, kernel, batch=batch, channels=channels, filters=filters, bias=bias)
    chosen = {name: Tensor(plan[name].shape, fill=fill) for name, fill in dict(fills).items()}
    return Case(**{**plan, **chosen}, **options)


task = int8_pipeline(
    reference,
    cases,
    pipelines,
    (
        convolution((8, 9), batch=2),
        convolution((9, 8), bias=True, stride=2, padding=1),
        convolution((1, 1), 1, channels=1, filters=1),
        convolution((7, 11), (2, 3), bias=True, stride=3, padding=2),
        # A wide range reveals scales of the wrong slices, and float arithmetic.
        convolution((6, 7), channels=3, filters=4, padding=1, fills={"input": "outliers"}),
        convolution((6, 7), channels=3, filters=5, batch=2, fills={"weight": "outliers"}),
        # A large bias must be added after scaling back; filters and images of zeros have a scale of 0.
        convolution((5, 6), bias=True, fills={"bias": "uniform(-100, 100)"}),
        convolution((3, 4), 2, channels=1, filters=9, padding=1, fills={"weight": "bernoulli(0.2)"}),
        convolution((4, 4), bias=True, padding=1, fills={"input": "constant(0)"}),
        convolution((4, 129), channels=1, filters=2, padding=1),
        convolution((3, 4), 1, channels=65, filters=33, bias=True),
        convolution((3, 3), channels=3, filters=130),
        convolution((4, 1030), channels=1, filters=2),
    ),
    accumulation=longest_sum,
    workloads={
        "resnet50_stage2": Case(input=Tensor((64, 128, 28, 28)), weight=Tensor((128, 128, 3, 3)), padding=1),
        "resnet50_pointwise": Case(input=Tensor((64, 256, 56, 56)), weight=Tensor((64, 256, 1, 1)), bias=Tensor((64,))),
    },
)
