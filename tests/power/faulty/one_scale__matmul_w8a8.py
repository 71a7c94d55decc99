"""Quantises each operand with one scale instead of one for each row or column."""

import torch
import triton
import triton.language as tl


@triton.jit
def quantise_kernel(x_ptr, q_ptr, scale_ptr, columns, BLOCK: tl.constexpr):
    row, lane = tl.program_id(0), tl.arange(0, BLOCK)
    x = tl.load(x_ptr + row * columns + lane, mask=lane < columns, other=0).to(tl.float32)
    scale = tl.load(scale_ptr)
    code = x / tl.where(scale > 0, scale, 1.0)
    tl.store(q_ptr + row * columns + lane, tl.floor(code + 0.5).to(tl.int8), mask=lane < columns)


@triton.jit
def largest_kernel(x_ptr, scale_ptr, count, BLOCK: tl.constexpr):
    largest = tl.zeros((BLOCK,), tl.float32)
    for start in range(0, count, BLOCK):
        place = start + tl.arange(0, BLOCK)
        largest = tl.maximum(largest, tl.abs(tl.load(x_ptr + place, mask=place < count, other=0).to(tl.float32)))
    tl.store(scale_ptr, tl.max(largest, axis=0) / 127)


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
    place = row[:, None] * n + column[None, :]
    y = total.to(tl.float32) * (tl.load(a_scale) * tl.load(b_scale))
    tl.store(c_ptr + place, y, mask=(row < m)[:, None] & (column < n)[None, :])


def quantise(x):
    rows, columns = x.shape
    x = x.contiguous()
    codes = torch.empty(x.shape, dtype=torch.int8, device=x.device)
    scale = torch.empty(1, dtype=torch.float32, device=x.device)
    largest_kernel[(1,)](x, scale, x.numel(), BLOCK=1024)
    quantise_kernel[(rows,)](x, codes, scale, columns, BLOCK=triton.next_power_of_2(columns))
    return codes, scale


def matmul_w8a8(input, weight):
    (m, k), n = input.shape, weight.shape[1]
    a, a_scale = quantise(input)
    b, b_scale = quantise(weight.t())
    c = torch.empty((m, n), dtype=input.dtype, device=input.device)
    grid = (triton.cdiv(m, 64), triton.cdiv(n, 64))
    product_kernel[grid](a, b, c, a_scale, b_scale, m, n, k, BLOCK=64, BLOCK_K=64)
    return c
