"""Binomial draws by inversion, one uniform number of 53 bits for up to 512 trials. Bound by arithmetic.

The probabilities of 0, 1, 2, ... successes follow from each other and are added until they exceed the number (Devroye,
Non-Uniform Random Variate Generation, 1986, X.4.4). Probabilities above a half count failures, so that the first one
is at least 2 ** -512, which float64 holds; more trials are drawn in parts. A uniform number a trial was dropped: Philox
costs more than the whole search.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.broadcasting import run, tile, value
from _common.randomness import seed
from triton.language.extra import libdevice

PART = tl.constexpr(512)


@triton.jit
def uniform(number, at, part):
    """Return a number in [0, 1) with 53 random bits for each counter: the element and the part of its trials."""
    low = at.to(tl.uint32)
    word, other, _, _ = tl.philox(number, low, (at >> 32).to(tl.uint32), (low * 0 + part).to(tl.uint32), low * 0)
    return ((word >> 5).to(tl.float64) * 67108864.0 + (other >> 6).to(tl.float64)) * (1.0 / 2**53)


@triton.jit
def binomial_kernel(
    y_ptr, rows, columns, size_1, size_2, x, other, probability, number, LOGITS: tl.constexpr,
    COMPUTE: tl.constexpr, BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr,
):  # fmt: skip
    row, column, inside = tile(rows, columns, BLOCK_ROWS, BLOCK_COLUMNS)
    count = value(x, row, column, inside, size_1, size_2, tl.int64)
    count &= value(other, row, column, inside, size_1, size_2, tl.int64)
    count = tl.where(inside, count, 0)
    p = value(probability, row, column, inside, size_1, size_2, tl.float64)
    if LOGITS:
        p = 1.0 / (1.0 + tl.exp(-p))
    rare = tl.minimum(p, 1.0 - p)
    total = tl.zeros((BLOCK_ROWS, BLOCK_COLUMNS), tl.float64)
    for part in range(tl.cdiv(tl.max(count), PART)):
        trials = tl.minimum(tl.maximum(count - part * PART, 0), PART).to(tl.float64)
        left = uniform(number, row * columns + column, part)
        chance = tl.exp(trials * libdevice.log1p(-rare))
        drawn = tl.zeros((BLOCK_ROWS, BLOCK_COLUMNS), tl.float64)
        for success in range(tl.max(trials).to(tl.int32)):
            left -= chance
            drawn += (left >= 0).to(tl.float64)
            chance *= (trials - success) / (success + 1.0) * (rare / (1.0 - rare))
        total += tl.minimum(drawn, trials)
    total = tl.where(p > 0.5, count.to(tl.float64) - total, total)
    tl.store(y_ptr + row * columns + column, total, mask=inside)


def bitwise_and_binomial(
    input: torch.Tensor,
    other: torch.Tensor,
    total_count: torch.Tensor,
    probs: torch.Tensor | None = None,
    logits: torch.Tensor | None = None,
) -> torch.Tensor:
    if (probs is None) == (logits is None):
        raise ValueError("either probs or logits is needed, and not both")
    probability = logits if probs is None else probs
    dtype = probability.dtype
    return run(binomial_kernel, input, other, probability, dtype=dtype, number=seed(), LOGITS=probs is None)
