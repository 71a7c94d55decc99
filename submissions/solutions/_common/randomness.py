"""Dropout by counters (Salmon et al., Parallel Random Numbers: As Easy as 1, 2, 3, 2011): no state, no memory."""

from __future__ import annotations

import torch
import triton
import triton.language as tl


def seed() -> int:
    """Return a seed from PyTorch's generator of the CPU, which `manual_seed` sets, without a synchronisation."""
    return int(torch.randint(2**31 - 1, ()))


@triton.jit
def dropped(x, at, seed, p, scale):
    """Return x times scale where a random number of the element's counter is p or more, else 0."""
    return tl.where(tl.rand(seed, at) >= p, x * scale, 0.0)


def scale_of(p: float) -> float:
    """Return 1 / (1 - p), by which kept elements are scaled."""
    return 1.0 / (1.0 - p) if p < 1 else 1.0
