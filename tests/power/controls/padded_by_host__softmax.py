"""Pads rows with torch, so that the kernel needs no mask."""

import torch
import triton
import triton.language as tl


@triton.jit
def softmax_kernel(x_ptr, y_ptr, BLOCK: tl.constexpr):
    place = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + place)
    if x.dtype != tl.float64:
        x = x.to(tl.float32)
    terms = tl.exp(x - tl.max(x, axis=0))
    tl.store(y_ptr + place, terms / tl.sum(terms, axis=0))


def softmax(input, dim, dtype=None):
    dtype = dtype or input.dtype
    x = input.to(dtype) if input.ndim else input.to(dtype).reshape(1)
    x = x.movedim(dim, -1) if input.ndim else x
    width = triton.next_power_of_2(max(1, x.shape[-1]))
    padded = torch.nn.functional.pad(x, (0, width - x.shape[-1]), value=float("-inf")).contiguous()
    y = torch.empty(padded.shape, dtype=dtype, device=x.device)
    if x.numel():
        softmax_kernel[(padded.numel() // width,)](padded, y, BLOCK=width)
    y = y[..., : x.shape[-1]].contiguous()
    return y.movedim(-1, dim) if input.ndim else y.reshape(())
