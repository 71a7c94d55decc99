"""Ends each sum at 4096 terms, in a bound of `tl.minimum`."""

import math

import torch
import triton
import triton.language as tl


@triton.jit
def mm_kernel(
    a_ptr,
    b_ptr,
    w_ptr,
    m,
    n,
    k,
    chunk,
    a0,
    a1,
    a2,
    b0,
    b1,
    b2,
    splits,
    BM: tl.constexpr,
    BN: tl.constexpr,
    BK: tl.constexpr,
):
    tiles_n = tl.cdiv(n, BN)
    tile_m, tile_n = tl.program_id(0) // tiles_n, tl.program_id(0) % tiles_n
    split, batch = tl.program_id(1), tl.program_id(2).to(tl.int64)
    row = tile_m.to(tl.int64) * BM + tl.arange(0, BM)
    column = tile_n.to(tl.int64) * BN + tl.arange(0, BN)
    total = tl.zeros((BM, BN), tl.float32)
    for start in range(split * chunk, tl.minimum(tl.minimum(k, 4096), split * chunk + chunk), BK):
        depth = (start + tl.arange(0, BK)).to(tl.int64)
        a = tl.load(
            a_ptr + batch * a0 + row[:, None] * a1 + depth[None, :] * a2,
            mask=(row < m)[:, None] & (depth < k)[None, :],
            other=0,
        )
        b = tl.load(
            b_ptr + batch * b0 + depth[:, None] * b1 + column[None, :] * b2,
            mask=(depth < k)[:, None] & (column < n)[None, :],
            other=0,
        )
        total = tl.dot(a, b, total)
    tl.store(
        w_ptr + ((batch * splits + split) * m + row[:, None]) * n + column[None, :],
        total,
        mask=(row < m)[:, None] & (column < n)[None, :],
    )


@triton.jit
def add_kernel(w_ptr, c_ptr, size, splits, BLOCK: tl.constexpr):
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    batch = tl.program_id(1).to(tl.int64)
    total = tl.zeros((BLOCK,), tl.float32)
    for split in range(splits):
        total += tl.load(w_ptr + (batch * splits + split) * size + place, mask=place < size, other=0)
    tl.store(c_ptr + batch * size + place, total, mask=place < size)


def matmul_bf16(input, other):
    a = input[None, :] if input.ndim == 1 else input
    b = other[:, None] if other.ndim == 1 else other
    (m, k), n = a.shape[-2:], b.shape[-1]
    shape = torch.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    batches = math.prod(shape)
    a = a.expand(*shape, m, k).reshape(batches, m, k)
    b = b.expand(*shape, k, n).reshape(batches, k, n)
    splits = max(1, k // 1024)
    chunk = triton.cdiv(triton.cdiv(k, splits), 32) * 32
    work = torch.empty((batches, splits, m, n), dtype=torch.float32, device=a.device)
    result = torch.empty((batches, m, n), dtype=a.dtype, device=a.device)
    mm_kernel[(triton.cdiv(m, 64) * triton.cdiv(n, 64), splits, batches)](
        a, b, work, m, n, k, chunk, *a.stride(), *b.stride(), splits, BM=64, BN=64, BK=32
    )
    add_kernel[(triton.cdiv(m * n, 1024), batches)](work, result, m * n, splits, BLOCK=1024)
    return result.view((*shape, *((m,) if input.ndim > 1 else ()), *((n,) if other.ndim > 1 else ())))
