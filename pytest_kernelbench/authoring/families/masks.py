"""Masks: how much of them is true."""

from __future__ import annotations

from pytest_kernelbench.model.case import Tensor, parse_fill


def true_share(mask: Tensor) -> float:
    """Return the share of a mask that is true on average; its fill is `bernoulli(p)`, or `constant(p)` of 0 or 1."""
    _, (true,) = parse_fill(mask.fill)
    return true
