"""Hypothesis strategies that build valid cases: sizes, shapes, dims, tensors, and families of whole tasks.

A strategy that depends on the facet takes the `DrawRequest` as its first argument. Strategies construct valid values
and never filter.
"""

from __future__ import annotations

from pytest_kernelbench.authoring.strategies.families import elementwise, reduction
from pytest_kernelbench.authoring.strategies.primitives import (
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
