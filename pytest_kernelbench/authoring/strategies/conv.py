"""Sliding windows: matching shapes and options of 2-d convolution and pooling."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.authoring.strategies.primitives import (
    booleans,
    choice,
    integers,
    maybe,
    remembered,
    sizes,
    tensors,
)
from pytest_kernelbench.model.case import Case, Tensor
from pytest_kernelbench.model.task import DrawRequest

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    IntOrPair = int | tuple[int, int]

MAX_EXTENT = 130
"""Maximum rows or columns of a drawn image: two more than the widest common tile."""

MAX_PIXELS = 144
"""Maximum pixels of a drawn image, so that a kernel with one program for each output element takes little time."""


def pair(value: IntOrPair) -> tuple[int, int]:
    """Return an option as one value for the height and one for the width."""
    return (value, value) if isinstance(value, int) else value


def span(kernel: int, dilation: int = 1) -> int:
    """Return the extent of a dilated window, which is the smallest padded size that contains it."""
    return dilation * (kernel - 1) + 1


def positions(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Return the number of positions of a window along one dimension, rounded down."""
    return (size + 2 * padding - span(kernel, dilation)) // stride + 1


def conv2d_tensors(
    size: tuple[int, int],
    kernel: IntOrPair = 3,
    *,
    batch: int = 1,
    channels: int = 2,
    filters: int = 3,
    groups: int = 1,
    bias: bool = False,
    dtype: str = "float32",
) -> dict[str, Tensor | None]:
    """Return matching input, weight and bias; `channels` and `filters` are numbers for one group."""
    return {
        "input": Tensor((batch, groups * channels, *size), dtype),
        "weight": Tensor((groups * filters, channels, *pair(kernel)), dtype),
        "bias": Tensor((groups * filters,), dtype) if bias else None,
    }


def conv2d_sizes(case: Case, prefix: str = "") -> tuple[int, int]:
    """Return the height and width of a convolution's output; `prefix` precedes option names, as in `conv_stride`."""
    stride, padding, dilation = (
        case.arguments.get(prefix + name, default) for name, default in (("stride", 1), ("padding", 0), ("dilation", 1))
    )
    image, kernel = case.input.shape[2:], case.weight.shape[2:]
    if padding == "same":
        return image[0], image[1]
    height, width = map(positions, image, kernel, pair(stride), _edges(padding), pair(dilation))
    return height, width


@remembered
def conv2d_arguments(given: DrawRequest) -> SearchStrategy[dict[str, Any]]:
    """Draw input, weight, bias, stride, padding, dilation and groups of one 2-d convolution.

    The padding may also be `"valid"` and, with odd kernels, `"same"`; for even kernels, it is not documented which side
    gets the larger padding.
    """
    from hypothesis import strategies as st

    @st.composite
    def build(draw: Any) -> dict[str, Any]:
        padding = draw(int_or_pair(0, 2) | choice("same", "valid"))
        same = padding == "same"
        extent = choice(1, 3) if same else integers(1, 3)
        kernel = draw(extent), draw(extent)
        dilation = draw(int_or_pair(1, 2))
        batch, groups = draw(integers(1, 2)), draw(choice(1, 1, 2, 3))
        channels, filters = draw(integers(1, 3)), draw(integers(1, 3))
        least = (1, 1) if same else _smallest(kernel, padding, dilation)
        size = draw(images(given, least, given.limit // (4 * batch * groups * max(channels, filters))))
        plan = conv2d_tensors(
            size, kernel, batch=batch, channels=channels, filters=filters, groups=groups, bias=draw(booleans())
        )
        return {
            **{name: recipe and draw(tensors(given, recipe.shape)) for name, recipe in plan.items()},
            "stride": 1 if same else draw(int_or_pair(1, 3)),
            "padding": padding,
            "dilation": dilation,
            "groups": groups,
        }

    return build()


@remembered
def pool2d_options(size: tuple[int, int]) -> SearchStrategy[dict[str, Any]]:
    """Draw kernel_size, stride, padding, dilation and ceil_mode of a max pooling that fits an image of this size."""
    from hypothesis import strategies as st

    @st.composite
    def build(draw: Any) -> dict[str, Any]:
        if draw(booleans()):
            kernel, padding, dilation = draw(_window(min(size)))
        else:
            kernel, padding, dilation = zip(draw(_window(size[0])), draw(_window(size[1])), strict=True)
        return {
            "kernel_size": kernel,
            "stride": draw(maybe(int_or_pair(1, 3))),
            "padding": padding,
            "dilation": dilation,
            "ceil_mode": draw(booleans()),
        }

    return build()


@remembered
def images(given: DrawRequest, least: tuple[int, int], room: int = MAX_PIXELS) -> SearchStrategy[tuple[int, int]]:
    """Draw height and width of at least `least` and about `room` pixels; one is long if the facet requests sizes."""
    from hypothesis import strategies as st

    @st.composite
    def build(draw: Any) -> tuple[int, int]:
        pixels, axis = min(room, MAX_PIXELS), draw(integers(0, 1))
        long = draw(sizes(given, least[axis], min(MAX_EXTENT, pixels // least[1 - axis])))
        short = draw(sizes(given, least[1 - axis], min(long, pixels // long)))
        return (long, short) if axis == 0 else (short, long)

    return build()


@remembered
def int_or_pair(low: int, high: int) -> SearchStrategy[IntOrPair]:
    """Draw one integer for height and width, or one for each."""
    from hypothesis import strategies as st

    return integers(low, high) | st.tuples(integers(low, high), integers(low, high))


def longest_sum(case: Case) -> int:
    """Return the number of products that are summed for one output element of a convolution."""
    return math.prod(case.weight.shape[1:])


def _edges(padding: IntOrPair | str) -> tuple[int, int]:
    return (0, 0) if isinstance(padding, str) else pair(padding)


def _smallest(kernel: tuple[int, int], padding: IntOrPair | str, dilation: IntOrPair) -> tuple[int, int]:
    """Return the smallest image that contains the window."""
    height, width = (
        max(1, span(extent, step) - 2 * edge)
        for extent, step, edge in zip(kernel, pair(dilation), _edges(padding), strict=True)
    )
    return height, width


@remembered
def _window(size: int) -> SearchStrategy[tuple[int, int, int]]:
    """Draw kernel, padding and dilation of a window that fits: at most 3 elements, padded by at most half of them."""
    from hypothesis import strategies as st

    @st.composite
    def build(draw: Any) -> tuple[int, int, int]:
        kernel = draw(integers(1, min(3, size)))
        padding = draw(integers(0, kernel // 2))
        fits = span(kernel, 2) <= size + 2 * padding
        return kernel, padding, draw(integers(1, 2)) if fits else 1

    return build()
