"""Large tensors, such as those of workloads, drawn by PyTorch's generator: many times faster than numpy's.

The distributions are those of `wire.fills`. A tensor is drawn in blocks, so that nothing but itself takes memory. The
values do not depend on the number of threads, but on the kind of device whose generator draws them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pytest_kernelbench.model.case import Tensor, parse_fill
from pytest_kernelbench.wire.fills import INDEPENDENT

if TYPE_CHECKING:
    import torch

LARGE = 1 << 22
"""Elements from which on a tensor is drawn here."""

BLOCK, BLOCK_ELSEWHERE = 1 << 18, 1 << 26
"""Elements that are drawn at a time: on a CPU, they fit into a cache; a GPU needs more to be busy."""

FLOATS = ("float16", "bfloat16", "float32", "float64")
"""Dtypes of fills whose values are real numbers; for integers, `wire.fills.quantise` scales and rounds those."""

Draw = Callable[["torch.Tensor", "torch.Generator"], object]
"""Overwrites all elements of a tensor."""


def drawn(path: str, recipe: Tensor, device: str | None = None) -> torch.Tensor | None:
    """Return the contents of a large tensor, of the recipe's dtype and flat; None where it is not drawn here.

    The generator, and the contents, are those of the device; None is the CPU.

    A recipe that is `edited` by drawing one element again has the other elements of the one that is not.
    """
    import torch

    name, arguments = parse_fill(recipe.fill)
    whole = name in _WHOLE
    if recipe.numel < LARGE or not (whole or (name in _REAL and recipe.dtype in FLOATS)):
        return None
    if recipe.dtype not in (*FLOATS, "int64", "int32", "bool") or (recipe.dtype == "bool" and name != "bernoulli"):
        return None
    place = torch.device(device or "cpu")
    size = BLOCK if place.type == "cpu" else BLOCK_ELSEWHERE
    generator = torch.Generator(place).manual_seed(_seed(path, recipe.seed))
    draw = {**_WHOLE, **_REAL}[name](*arguments)
    contents = torch.empty(recipe.numel, dtype=getattr(torch, recipe.dtype), device=place)
    kind = torch.int64 if whole else torch.float64 if recipe.dtype == "float64" else torch.float32
    for start in range(0, recipe.numel, size):
        part = contents[start : start + size]
        block = torch.empty(part.numel(), dtype=kind, device=place)
        draw(block, generator)
        part.copy_(block)
    if recipe.edited == 1 and name in INDEPENDENT:
        index = recipe.numel // 4 + int(torch.randint(recipe.numel // 2, (), generator=generator, device=place))
        again = torch.empty(1, dtype=kind, device=place)
        draw(again, generator)
        contents[index : index + 1].copy_(again)
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
