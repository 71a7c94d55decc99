"""Quantises each operand with one scale for all matrices of the batch."""

import torch
import triton
import triton.language as tl


@triton.jit
def largest_kernel(x_ptr, largest_ptr, count, BLOCK: tl.constexpr):
    largest = tl.zeros((BLOCK,), tl.float32)
    for start in range(0, count, BLOCK):
        place = start + tl.arange(0, BLOCK)
        largest = tl.maximum(largest, tl.abs(tl.load(x_ptr + place, mask=place < count, other=0).to(tl.float32)))
    tl.store(largest_ptr, tl.max(largest, axis=0))


@triton.jit
def quantise_kernel(x_ptr, q_ptr, scale_ptr, largest_ptr, columns, BLOCK: tl.constexpr):
    row, lane = tl.program_id(0), tl.arange(0, BLOCK)
    x = tl.load(x_ptr + row * columns + lane, mask=lane < columns, other=0).to(tl.float32)
    scale = tl.load(largest_ptr) / 127
    tl.store(scale_ptr + row, scale)
    code = tl.floor(x / tl.where(scale > 0, scale, 1.0) + 0.5)
    tl.store(q_ptr + row * columns + lane, code.to(tl.int8), mask=lane < columns)


@triton.jit
def product_kernel(a_ptr, b_ptr, c_ptr, a_scale, b_scale, m, n, k, BLOCK: tl.constexpr, BLOCK_K: tl.constexpr):
    batch = tl.program_id(2)
    row = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)[:, None]
    column = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)[None, :]
    total = tl.zeros((BLOCK, BLOCK), tl.int32)
    for start in range(0, k, BLOCK_K):
        step = start + tl.arange(0, BLOCK_K)
        a = tl.load(a_ptr + (batch * m + row) * k + step[None, :], mask=(row < m) & (step < k)[None, :], other=0)
        b = tl.load(b_ptr + (batch * n + column) * k + step[:, None], mask=(column < n) & (step < k)[:, None], other=0)
        total += tl.dot(a, b)
    scale = tl.load(a_scale + batch * m + row, mask=row < m, other=0)
    scale *= tl.load(b_scale + batch * n + column, mask=column < n, other=0)
    tl.store(c_ptr + (batch * m + row) * n + column, total.to(tl.float32) * scale, mask=(row < m) & (column < n))


def quantise(x):
    x = x.contiguous()
    batch, rows, columns = x.shape
    codes = torch.empty(x.shape, dtype=torch.int8, device=x.device)
    scales = torch.empty((batch, rows), dtype=torch.float32, device=x.device)
    largest = torch.empty(1, dtype=torch.float32, device=x.device)
    largest_kernel[(1,)](x, largest, x.numel(), BLOCK=1024)
    quantise_kernel[(batch * rows,)](x, codes, scales, largest, columns, BLOCK=triton.next_power_of_2(columns))
    return codes, scales


def bmm_w8a8(input, mat2):
    (batch, m, k), n = input.shape, mat2.shape[2]
    a, a_scale = quantise(input)
    b, b_scale = quantise(mat2.mT)
    c = torch.empty((batch, m, n), dtype=input.dtype, device=input.device)
    grid = (triton.cdiv(m, 64), triton.cdiv(n, 64), batch)
    product_kernel[grid](a, b, c, a_scale, b_scale, m, n, k, BLOCK=64, BLOCK_K=64)
    return c
