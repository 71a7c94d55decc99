"""Determinants: the product of the pivots of an elimination, and the sign of its exchanges."""

from __future__ import annotations

import torch
import triton
import triton.language as tl

from _common.complex_numbers import times
from _common.elimination import eliminate
from _common.planes import batched, destination, finished, load, number, operand, store

BLOCK = 128


@triton.jit
def product_kernel(factors, swaps_ptr, result, batches, n, BLOCK: tl.constexpr):
    batch = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    held = batch < batches
    sign = tl.full((BLOCK,), 1, tl.float64)
    if swaps_ptr is not None:
        sign = tl.where(tl.load(swaps_ptr + batch, mask=held, other=0) % 2 == 1, -sign, sign)
    product = number(sign, factors[0])
    for step in range(0, n):
        product = times(product, load(factors, batch, step, step, held, False, tl.float64))
    store(result, batch, 0, 0, held, product, False)


def determinants(A: torch.Tensor, pivot: bool = True, out: torch.Tensor | None = None) -> torch.Tensor:
    """Return the determinants of matrices of any batch dimensions; that of an empty matrix is 1."""
    result = destination(out, tuple(A.shape[:-2]), A, kept=0)
    if result.numel():
        factors, _, swaps = eliminate(batched(A), pivot)
        target = batched(result[..., None, None])
        product_kernel[(triton.cdiv(result.numel(), BLOCK),)](
            operand(factors), swaps if pivot else None, operand(target), result.numel(), A.shape[-1], BLOCK=BLOCK
        )
    return finished(out, result)
