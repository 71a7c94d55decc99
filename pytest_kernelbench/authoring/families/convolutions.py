"""2-d convolutions, alone or with further steps after them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pytest_kernelbench.authoring.families.contracts import FINITE
from pytest_kernelbench.authoring.strategies.conv import conv2d_sizes, conv2d_tensors, longest_sum, pair
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.model.task import Contract, Draw, DrawRequest, Task

VALUES = (
    "normal(0, 0.01)",
    "normal(0, 30)",
    "normal(30, 1)",
    "outliers",
    "constant(1)",
    "integers(0, 2)",
    "integers(-3, 4)",
    "signed_zeros",
)
"""Fills of convolutions that a normalisation follows. One rounding of their sums leaves the variance intact, and their
products are not denormal."""


def convolution_task(
    reference: Callable[..., Any],
    cases: Callable[[Draw, DrawRequest], Case],
    fixed_cases: tuple[Case, ...],
    *,
    contract: Contract = FINITE,
    accumulation: Callable[[Case], int] = longest_sum,
    **rest: Any,
) -> Task:
    """Task of a convolution that further steps may follow; its sums may be computed in TF32."""
    return Task(reference, cases, fixed_cases, contract=contract, accumulation=accumulation, tf32=True, **rest)


def convolution(
    size: tuple[int, int],
    kernel: int | tuple[int, int] = 3,
    groups: int = 1,
    options: Mapping[str, Any] | None = None,
    **depths: Any,
) -> Case:
    """Return the case of an image and a kernel; `depths` are batch, channels, filters, bias and dtype."""
    return Case(**conv2d_tensors(size, kernel, groups=groups, **depths), groups=groups, **(options or {}))


def single_options(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments with one integer for both dimensions: more padding and less dilation always fit."""
    dilation = min(pair(arguments["dilation"]))
    same = dilation * (max(arguments["weight"].shape[2:]) // 2)
    padding = {"valid": 0, "same": same}.get(arguments["padding"], arguments["padding"])
    return {**arguments, "stride": max(pair(arguments["stride"])), "padding": max(pair(padding)), "dilation": dilation}


def enlarged(arguments: Mapping[str, Any], pixels: int) -> dict[str, Any]:
    """Return arguments with that many more rows and columns of the image.

    A variance is then of several values, some of which depend on the image and not on padding alone.
    """
    *planes, height, width = arguments["input"].shape
    return {**arguments, "input": replace(arguments["input"], shape=(*planes, height + pixels, width + pixels))}


def values_of_a_channel(case: Case) -> int:
    """Return how many values one channel of a convolution has in the whole batch."""
    height, width = conv2d_sizes(case)
    batch: int = case.input.shape[0]
    return batch * height * width
