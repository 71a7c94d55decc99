"""Hypothesis strategies that build valid cases: sizes, shapes, dims, tensors, and families of whole tasks.

Every strategy takes what the facet asks (`Given`) first and constructs its values; nothing filters.
"""

from __future__ import annotations

from pytest_kernelbench.strategies.blocks import (
    booleans,
    broadcast,
    choice,
    dim_sets,
    dims,
    indices,
    integers,
    maybe,
    numbers,
    shapes,
    sizes,
    tensors,
)
from pytest_kernelbench.strategies.families import elementwise, reduction

__all__ = [
    "booleans",
    "broadcast",
    "choice",
    "dim_sets",
    "dims",
    "elementwise",
    "indices",
    "integers",
    "maybe",
    "numbers",
    "reduction",
    "shapes",
    "sizes",
    "tensors",
]
