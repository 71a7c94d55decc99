"""Finds the first of the largest elements with atomic minima of integers, whose order does not matter."""

import torch
import triton
import triton.language as tl


@triton.jit
def peak_kernel(x_ptr, peak_ptr, columns, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    peak = tl.full((BLOCK,), float("-inf"), tl.float32)
    for start in range(0, columns, BLOCK):
        lane = start + tl.arange(0, BLOCK)
        x = tl.load(x_ptr + row * columns + lane, mask=lane < columns, other=float("-inf")).to(tl.float32)
        peak = tl.maximum(peak, x)
    tl.store(peak_ptr + row, tl.max(peak, axis=0))


@triton.jit
def first_kernel(x_ptr, peak_ptr, first_ptr, columns, BLOCK: tl.constexpr):
    row, lane = tl.program_id(0), tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    inside = lane < columns
    x = tl.load(x_ptr + row * columns + lane, mask=inside, other=0).to(tl.float32)
    found = inside & (x == tl.load(peak_ptr + row))
    tl.atomic_min(first_ptr + row, tl.min(tl.where(found, lane, columns), axis=0).to(tl.int64))


def argmax(input_tensor, dim, keepdim=False):
    x = (input_tensor.reshape(-1) if dim is None else input_tensor.movedim(dim, -1)).contiguous()
    columns = x.shape[-1]
    peak = torch.empty(x.shape[:-1], dtype=torch.float32, device=x.device)
    first = torch.full(x.shape[:-1], columns, dtype=torch.int64, device=x.device)
    peak_kernel[(first.numel(),)](x, peak, columns, BLOCK=256)
    first_kernel[(first.numel(), triton.cdiv(columns, 256))](x, peak, first, columns, BLOCK=256)
    if not keepdim:
        return first
    return first.reshape([1] * input_tensor.ndim) if dim is None else first.unsqueeze(dim)
