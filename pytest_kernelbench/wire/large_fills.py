"""Large tensors, such as those of workloads, drawn by PyTorch's generator: many times faster than numpy's.

The distributions are those of `wire.fills`. A tensor is drawn in blocks, so that nothing but itself takes memory. The
values do not depend on the number of threads.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pytest_kernelbench.model.case import Tensor, parse_fill

if TYPE_CHECKING:
    import torch

LARGE = 1 << 22
"""Elements from which on a tensor is drawn here."""

BLOCK = 1 << 18
"""Elements that are drawn at a time."""

FLOATS = ("float16", "bfloat16", "float32", "float64")
"""Dtypes of fills whose values are real numbers; for integers, `wire.fills.quantise` scales and rounds those."""

Draw = Callable[["torch.Tensor", "torch.Generator"], object]
"""Overwrites all elements of a tensor."""


def drawn(path: str, recipe: Tensor) -> torch.Tensor | None:
    """Return the contents of a large tensor, of the recipe's dtype and flat; None where it is not drawn here.

    A recipe that is `edited` by drawing one element again has the other elements of the one that is not.
    """
    import torch

    name, arguments = parse_fill(recipe.fill)
    whole = name in _WHOLE
    if recipe.numel < LARGE or not (whole or (name in _REAL and recipe.dtype in FLOATS)):
        return None
    if recipe.dtype not in (*FLOATS, "int64", "int32", "bool") or (recipe.dtype == "bool" and name != "bernoulli"):
        return None
    generator = torch.Generator().manual_seed(_seed(path, recipe.seed))
    draw = {**_WHOLE, **_REAL}[name](*arguments)
    contents = torch.empty(recipe.numel, dtype=getattr(torch, recipe.dtype))
    kind = torch.int64 if whole else torch.float64 if recipe.dtype == "float64" else torch.float32
    for start in range(0, recipe.numel, BLOCK):
        part = contents[start : start + BLOCK]
        block = torch.empty(part.numel(), dtype=kind)
        draw(block, generator)
        part.copy_(block)
    if recipe.edited == 1 and name in ("normal", "uniform", "integers"):
        place = recipe.numel // 4 + int(torch.randint(recipe.numel // 2, (), generator=generator))
        again = torch.empty(1, dtype=kind)
        draw(again, generator)
        contents[place : place + 1].copy_(again)
    return contents


def _seed(path: str, seed: int) -> int:
    """Return a seed that depends on the recipe's seed and the path of the argument alone."""
    return int.from_bytes(hashlib.blake2b(f"{seed} {path}".encode(), digest_size=8).digest())


def _normal(mean: float = 0.0, std: float = 1.0) -> Draw:
    return lambda block, generator: block.normal_(mean, std, generator=generator)


def _uniform(low: float, high: float) -> Draw:
    return lambda block, generator: block.uniform_(low, high, generator=generator)


def _integers(low: float, high: float) -> Draw:
    return lambda block, generator: block.random_(int(low), int(high), generator=generator)


def _bernoulli(probability: float) -> Draw:
    return lambda block, generator: block.bernoulli_(probability, generator=generator)


_REAL: Mapping[str, Callable[..., Draw]] = {"normal": _normal, "uniform": _uniform}
"""Fills of real numbers."""

_WHOLE: Mapping[str, Callable[..., Draw]] = {"integers": _integers, "bernoulli": _bernoulli}
"""Fills of integers, in any dtype."""
