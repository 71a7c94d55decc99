"""Quantises to the grid that ends at -128, one of several that are in use."""

import torch
import triton
import triton.language as tl


@triton.jit
def quantise_kernel(x_ptr, q_ptr, scale_ptr, columns, BLOCK: tl.constexpr):
    row, lane = tl.program_id(0), tl.arange(0, BLOCK)
    x = tl.load(x_ptr + row * columns + lane, mask=lane < columns, other=0).to(tl.float32)
    scale = tl.max(tl.abs(x), axis=0) / 127.5
    tl.store(scale_ptr + row, scale)
    code = tl.floor(x / tl.where(scale > 0, scale, 1.0) + 0.5)
    code = tl.minimum(tl.maximum(code, -128.0), 127.0)
    tl.store(q_ptr + row * columns + lane, code.to(tl.int8), mask=lane < columns)


@triton.jit
def product_kernel(a_ptr, b_ptr, c_ptr, a_scale, b_scale, m, n, k, BLOCK: tl.constexpr, BLOCK_K: tl.constexpr):
    row = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    column = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    total = tl.zeros((BLOCK, BLOCK), tl.int32)
    for start in range(0, k, BLOCK_K):
        step = start + tl.arange(0, BLOCK_K)
        a = tl.load(a_ptr + row[:, None] * k + step[None, :], mask=(row < m)[:, None] & (step < k)[None, :], other=0)
        b = tl.load(
            b_ptr + column[None, :] * k + step[:, None], mask=(column < n)[None, :] & (step < k)[:, None], other=0
        )
        total += tl.dot(a, b)
    scale = tl.load(a_scale + row, mask=row < m, other=0)[:, None] * tl.load(b_scale + column, mask=column < n, other=0)
    place = row[:, None] * n + column[None, :]
    tl.store(c_ptr + place, total.to(tl.float32) * scale, mask=(row < m)[:, None] & (column < n)[None, :])


def quantise(x):
    rows, columns = x.shape
    codes = torch.empty(x.shape, dtype=torch.int8, device=x.device)
    scales = torch.empty(rows, dtype=torch.float32, device=x.device)
    quantise_kernel[(rows,)](x.contiguous(), codes, scales, columns, BLOCK=triton.next_power_of_2(columns))
    return codes, scales


def matmul_w8a8(input, weight):
    (m, k), n = input.shape, weight.shape[1]
    a, a_scale = quantise(input)
    b, b_scale = quantise(weight.t())
    c = torch.empty((m, n), dtype=input.dtype, device=input.device)
    grid = (triton.cdiv(m, 64), triton.cdiv(n, 64))
    product_kernel[grid](a, b, c, a_scale, b_scale, m, n, k, BLOCK=64, BLOCK_K=64)
    return c
