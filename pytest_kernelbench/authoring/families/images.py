"""Images: pooling along one dimension or to a size, and sampling at fractional coordinates."""

from __future__ import annotations

from typing import Any

from pytest_kernelbench.authoring.strategies import booleans, choice, integers, sizes
from pytest_kernelbench.model.case import Case, Tensor
from pytest_kernelbench.model.task import Contract, Draw, DrawRequest

# Beside a zero or an outlier the rounding of a coordinate outweighs that of the values.
COORDINATES = Contract(
    values=("normal(0, 0.01)", "normal(0, 30)", "normal(1000, 0.1)", "constant(1)", "denormals"),
    nan=False,
    inf=False,
)
"""Contract of operations that compute coordinates: neighbours are of similar size, NaN and infinities are left out."""


def drawn_windows(draw: Draw, given: DrawRequest) -> tuple[tuple[int, int], int, int]:
    """Draw batch and channels, the length of the last dimension, and the size of a window that fits in it."""
    planes = (draw(integers(1, 2)), draw(integers(1, 3)))
    length = draw(sizes(given, 1, given.limit // (planes[0] * planes[1])))
    return planes, length, draw(integers(1, min(9, length)))


def pooled(*shape: int, kernel: int, **options: Any) -> Case:
    """Return the case of an input of the shape and a window of `kernel` elements."""
    return Case(input=Tensor(shape), kernel_size=kernel, **options)


def pooled_to(*shape: int, to: int | tuple[int | None, int | None]) -> Case:
    """Return the case of an input of the shape that is pooled to a size."""
    return Case(input=Tensor(shape), output_size=to)


LARGE_POOLED = (
    pooled_to(257, 3, 3, 2, to=1),
    pooled_to(1, 257, 3, 5, to=(2, 3)),
    pooled_to(1, 1, 257, 3, to=(5, 2)),
    pooled_to(1, 2, 70, 70, to=1),
    pooled_to(1, 1, 4, 70_001, to=(4, 1029)),
)
"""Many images, many channels, long sides, one window of a whole image, and long rows."""


def drawn_sampling(draw: Draw, *modes: str) -> dict[str, Any]:
    """Draw the options `mode`, `padding_mode` and `align_corners` of `grid_sample`."""
    mode, align_corners = draw(choice(*modes)), draw(booleans())
    padding_mode = draw(choice("zeros", "border", "reflection"))
    return {"mode": mode, "padding_mode": padding_mode, "align_corners": align_corners}
