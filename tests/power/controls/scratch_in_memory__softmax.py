"""Keeps exponentials in global memory between two kernels."""

import torch
import triton
import triton.language as tl


@triton.jit
def terms_kernel(x_ptr, terms_ptr, total_ptr, columns, BLOCK: tl.constexpr):
    row, lane = tl.program_id(0).to(tl.int64), tl.arange(0, BLOCK)
    x = tl.load(x_ptr + row * columns + lane, mask=lane < columns, other=float("-inf")).to(terms_ptr.dtype.element_ty)
    terms = tl.exp(x - tl.max(x, axis=0))
    tl.store(terms_ptr + row * columns + lane, terms, mask=lane < columns)
    tl.store(total_ptr + row, tl.sum(terms, axis=0))


@triton.jit
def divide_kernel(terms_ptr, total_ptr, y_ptr, columns, BLOCK: tl.constexpr):
    row, lane = tl.program_id(0).to(tl.int64), tl.arange(0, BLOCK)
    terms = tl.load(terms_ptr + row * columns + lane, mask=lane < columns, other=0)
    tl.store(y_ptr + row * columns + lane, terms / tl.load(total_ptr + row), mask=lane < columns)


def softmax(input, dim, dtype=None):
    dtype = dtype or input.dtype
    x = input.to(dtype) if input.ndim else input.to(dtype).reshape(1)
    x = (x.movedim(dim, -1) if input.ndim else x).contiguous()
    columns, rows = x.shape[-1], x.numel() // max(1, x.shape[-1])
    wide = torch.promote_types(dtype, torch.float32)
    terms = torch.empty(x.shape, dtype=wide, device=x.device)
    total = torch.empty(rows, dtype=wide, device=x.device)
    y = torch.empty_like(x)
    block = triton.next_power_of_2(max(1, columns))
    if x.numel():
        terms_kernel[(rows,)](x, terms, total, columns, BLOCK=block)
        divide_kernel[(rows,)](terms, total, y, columns, BLOCK=block)
    return y.movedim(-1, dim) if input.ndim else y.reshape(())
