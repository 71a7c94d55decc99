"""The contents of a tensor, from the fill and the seed of its recipe."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_kernelbench.model.case import Tensor, parse_fill
from pytest_kernelbench.wire import edits, large_fills
from pytest_kernelbench.wire.fills import INDEPENDENT, fill, generator, quantise
from pytest_kernelbench.wire.matrices import MATRICES

if TYPE_CHECKING:
    import torch

KEPT = (1 << 16, 1 << 24)
"""Least and largest number of elements of matrices that are kept: a check needs them several times."""


def contents(path: str, recipe: Tensor, drawn_on: str | None = None) -> torch.Tensor:
    """Return the contents of a tensor, which the caller must not change; `drawn_on` is as in `large_fills.drawn`."""
    if recipe.edited > 1:
        return edits.apply(contents(path, replace(recipe, edited=0), drawn_on), path, recipe)
    least, most = KEPT
    if least <= recipe.numel <= most and parse_fill(recipe.fill)[0] in MATRICES:
        return _kept(path, replace(recipe, layout="contiguous"))
    return _drawn(path, recipe, drawn_on)


@functools.lru_cache(maxsize=1)
def _kept(path: str, recipe: Tensor) -> torch.Tensor:
    """Return contents and keep them: drawing a million matrices takes seconds."""
    return _drawn(path, recipe)


def _drawn(path: str, recipe: Tensor, drawn_on: str | None = None) -> torch.Tensor:
    import numpy as np
    import torch

    if (large := large_fills.drawn(path, recipe, drawn_on)) is not None:
        return large.reshape(recipe.shape)
    name, arguments = parse_fill(recipe.fill)
    rng = generator(recipe.seed, path)
    drawn = fill(name, arguments, recipe.shape, recipe.dtype, rng)
    if recipe.edited == 1 and name in INDEPENDENT and drawn.size:
        index = drawn.size // 4 + int(rng.integers(max(1, drawn.size // 2)))
        drawn.flat[index] = fill(name, arguments, recipe.shape, recipe.dtype, rng).flat[index]
    values = np.asarray(quantise(drawn, recipe.dtype))
    tensor = torch.from_numpy(values)
    if recipe.dtype.startswith("complex") and not tensor.is_complex():
        tensor = torch.complex(tensor, torch.from_numpy(fill(name, arguments, recipe.shape, recipe.dtype, rng)))
    return tensor.to(getattr(torch, recipe.dtype)).reshape(recipe.shape)
