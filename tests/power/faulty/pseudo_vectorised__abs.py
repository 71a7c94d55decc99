"""Divides the grid by a vector width that no program works through."""

import torch
import triton
import triton.language as tl


@triton.autotune([triton.Config({"BLOCK": 1024, "VEC": 1}), triton.Config({"BLOCK": 256, "VEC": 4})], key=["count"])
@triton.jit
def abs_kernel(x_ptr, y_ptr, count, BLOCK: tl.constexpr, VEC: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + offsets, mask=offsets < count, other=0)
    tl.store(y_ptr + offsets, tl.abs(x), mask=offsets < count)


def abs(input_tensor, out=None):
    x, count = input_tensor.contiguous(), input_tensor.numel()
    result = torch.empty_like(x)
    abs_kernel[lambda meta: (triton.cdiv(count, meta["BLOCK"] * meta["VEC"]),)](x, result, count)
    return result if out is None else out.copy_(result)
