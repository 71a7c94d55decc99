"""Sliding windows: arguments that fit together, and the sizes that PyTorch computes from them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_kernelbench import Case, DrawRequest
from pytest_kernelbench.authoring.strategies.conv import (
    MAX_EXTENT,
    MAX_PIXELS,
    conv2d_arguments,
    conv2d_sizes,
    conv2d_tensors,
    images,
    longest_sum,
    pair,
    pool2d_options,
    positions,
    span,
)
from pytest_kernelbench.model.task import FACETS

givens = st.builds(DrawRequest, facet=st.sampled_from(FACETS))
quick = settings(max_examples=60, deadline=None)


def zeros(recipe: Any) -> Any:
    import torch

    return None if recipe is None else torch.zeros(recipe.shape)


@quick
@given(st.data(), givens)
def test_a_convolution_of_drawn_arguments_has_the_computed_size(data: Any, asked: DrawRequest) -> None:
    import torch

    case = Case(**data.draw(conv2d_arguments(asked)))
    options = {name: case.arguments[name] for name in ("stride", "padding", "dilation", "groups")}
    made = torch.nn.functional.conv2d(zeros(case.input), zeros(case.weight), zeros(case.bias), **options)
    assert tuple(made.shape[2:]) == conv2d_sizes(case)
    assert made.numel() > 0
    assert longest_sum(case) == case.weight.shape[1] * case.weight.shape[2] * case.weight.shape[3]


@quick
@given(st.data(), st.tuples(st.integers(1, 20), st.integers(1, 20)))
def test_a_pooling_of_drawn_options_fits_its_image(data: Any, size: tuple[int, int]) -> None:
    import torch

    options = data.draw(pool2d_options(size))
    assert torch.nn.functional.max_pool2d(torch.zeros(1, 1, *size), **options).numel() > 0


@quick
@given(st.data(), givens, st.tuples(st.integers(1, 9), st.integers(1, 9)))
def test_images_are_neither_too_small_nor_too_large(data: Any, asked: DrawRequest, least: tuple[int, int]) -> None:
    height, width = data.draw(images(asked, least))
    # Where the contract allows it, the facet of sizes draws empty images too; by default it does not.
    assert height >= least[0]
    assert width >= least[1]
    assert max(height, width) <= MAX_EXTENT
    assert height * width <= max(MAX_PIXELS, least[0] * least[1])


def test_tensors_that_fit_together() -> None:
    made = conv2d_tensors((5, 6), (3, 1), batch=2, channels=2, filters=3, groups=4, bias=True, dtype="float16")
    assert [recipe.shape for recipe in made.values() if recipe] == [(2, 8, 5, 6), (12, 2, 3, 1), (12,)]
    assert {recipe.dtype for recipe in made.values() if recipe} == {"float16"}
    assert conv2d_tensors((5, 6))["bias"] is None


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "padding", "dilation", "count"),
    [(5, 3, 1, 0, 1, 3), (5, 3, 2, 1, 1, 3), (6, 3, 2, 0, 1, 2), (5, 2, 1, 0, 4, 1)],
)
def test_positions_of_a_window(size: int, kernel: int, stride: int, padding: int, dilation: int, count: int) -> None:
    assert positions(size, kernel, stride, padding, dilation) == count
    assert positions(span(kernel, dilation), kernel, 1, 0, dilation) == 1


def test_options_for_height_and_width() -> None:
    assert (pair(3), pair((1, 2))) == ((3, 3), (1, 2))
