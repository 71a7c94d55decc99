"""Matrix products in tiles with float32 accumulators, whose epilogue is applied to the tile before it is rounded.

Tiles are taken in bands of rows, so that programs that run at the same time read the same parts of both matrices from
the L2 cache. An epilogue is a function `(total, batch, row, column, inside, extra)` of a tile and a tuple of arguments.
"""

from __future__ import annotations

import math
from typing import Any

import torch
import triton
import triton.language as tl


@triton.jit
def unchanged(total, batch, row, column, inside, extra):
    return total


@triton.jit
def product_kernel(
    a_ptr, b_ptr, bias_ptr, c_ptr, m, n, k, a_strides, b_strides, c_strides, extra,
    EPILOGUE: tl.constexpr, LOWER: tl.constexpr, GROUP: tl.constexpr,
    BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr,
):  # fmt: skip
    tiles_m, tiles_n = tl.cdiv(m, BLOCK_M), tl.cdiv(n, BLOCK_N)
    program = tl.program_id(0)
    batch = (program // (tiles_m * tiles_n)).to(tl.int64)
    place = program % (tiles_m * tiles_n)
    band = place // (GROUP * tiles_n) * GROUP
    height = tl.minimum(tiles_m - band, GROUP)
    row = (band + place % (GROUP * tiles_n) % height).to(tl.int64) * BLOCK_M + tl.arange(0, BLOCK_M)[:, None]
    column = (place % (GROUP * tiles_n) // height).to(tl.int64) * BLOCK_N + tl.arange(0, BLOCK_N)[None, :]
    inside = (row < m) & (column < n)

    depth = tl.arange(0, BLOCK_K).to(tl.int64)
    step = tl.full((), BLOCK_K, tl.int64)  # times a stride it may need more than 32 bits
    a_tile = a_ptr + batch * a_strides[0] + row * a_strides[1] + depth[None, :] * a_strides[2]
    b_tile = b_ptr + batch * b_strides[0] + depth[:, None] * b_strides[1] + column * b_strides[2]
    total = tl.zeros((BLOCK_M, BLOCK_N), tl.float32)
    for start in range(0, k, BLOCK_K):
        a_inside = (row < m) & (depth < k - start)[None, :]
        if LOWER:
            a_inside = a_inside & ((start + depth)[None, :] <= row)
        a = tl.load(a_tile, mask=a_inside, other=0)
        b = tl.load(b_tile, mask=(depth < k - start)[:, None] & (column < n), other=0)
        total = tl.dot(a, b, total, input_precision="ieee")
        a_tile += step * a_strides[2]
        b_tile += step * b_strides[1]
    if bias_ptr is not None:
        total += tl.load(bias_ptr + column, mask=column < n, other=0).to(tl.float32)
    total = EPILOGUE(total, batch, row, column, inside, extra)
    tl.store(c_ptr + batch * c_strides[0] + row * c_strides[1] + column * c_strides[2], total, mask=inside)


def deep(dtype: torch.dtype) -> int:
    """Return how many terms of a tile's sums are loaded at once.

    Tensor cores do not multiply in float32. Its operands then lie in registers as a whole, and 32 terms spill.
    """
    return 16 if dtype == torch.float32 else 32


def product(
    a: torch.Tensor,
    b: torch.Tensor,
    bias: torch.Tensor | None = None,
    epilogue: Any = unchanged,
    extra: tuple[Any, ...] = (),
    out: torch.Tensor | None = None,
    dtype: torch.dtype | None = None,
    lower: bool = False,
) -> torch.Tensor:
    """Return `epilogue(a @ b + bias)` of (batch, m, k) and (batch, k, n); with `lower`, of the lower triangle of a."""
    batches, m, k = a.shape
    n = b.shape[2]
    result = torch.empty((batches, m, n), dtype=dtype or a.dtype, device=a.device) if out is None else out
    if result.numel():
        # Narrow tiles for thin matrices; the tensor cores want 16 at least.
        block_m, block_n = (max(16, min(64, triton.next_power_of_2(size))) for size in (m, n))
        product_kernel[(batches * triton.cdiv(m, block_m) * triton.cdiv(n, block_n),)](
            a, b, None if bias is None else bias.contiguous(), result, m, n, k,
            a.stride(), b.stride(), result.stride(), extra, EPILOGUE=epilogue, LOWER=lower, GROUP=8,
            BLOCK_M=block_m, BLOCK_N=block_n, BLOCK_K=deep(a.dtype), num_warps=8 if a.dtype == torch.float32 else 4,
            num_stages=3,
        )  # fmt: skip
    return result


def linear(
    x: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    epilogue: Any = unchanged,
    extra: tuple[Any, ...] = (),
    dtype: torch.dtype | None = None,
) -> torch.Tensor:
    """Return `epilogue(x @ weight.T + bias)`; the transpose costs nothing, it is read with strides exchanged."""
    rows = x.reshape(1, math.prod(x.shape[:-1]), x.shape[-1])
    result = product(rows, weight.t()[None], bias, epilogue, extra, dtype=dtype)
    return result.view(*x.shape[:-1], weight.shape[0])


def matmul(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Return the product of matrices, vectors or batches that broadcast: vectors are thin matrices."""
    left = a[None, :] if a.ndim == 1 else a
    right = b[:, None] if b.ndim == 1 else b
    (m, k), n = left.shape[-2:], right.shape[-1]
    if right.shape[-2] != k:
        raise ValueError(f"matrices of shapes {tuple(a.shape)} and {tuple(b.shape)} do not fit together")
    batch = torch.broadcast_shapes(left.shape[:-2], right.shape[:-2])
    # Expanding copies nothing; the reshape only does where two batch dimensions have strides that do not merge.
    left = left.expand(*batch, m, k).reshape(math.prod(batch), m, k)
    right = right.expand(*batch, k, n).reshape(math.prod(batch), k, n)
    return product(left, right).view((*batch, *((m,) if a.ndim > 1 else ()), *((n,) if b.ndim > 1 else ())))
