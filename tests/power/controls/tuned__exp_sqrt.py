"""Tunes its block and sizes its grid by the configuration that runs."""

import torch
import triton
import triton.language as tl


@triton.autotune(
    [triton.Config({"BLOCK": 128}), triton.Config({"BLOCK": 512}), triton.Config({"BLOCK": 1024})], key=["count"]
)
@triton.jit
def exp_sqrt_kernel(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = offsets < count
    x = tl.load(x_ptr + offsets, mask=inside, other=0).to(tl.float32)
    tl.store(y_ptr + offsets, tl.exp(0.5 * x), mask=inside)


def exp_sqrt(input, out=None):
    result = torch.empty(input.shape, dtype=input.dtype, device=input.device)
    count = input.numel()
    exp_sqrt_kernel[lambda meta: (triton.cdiv(count, meta["BLOCK"]),)](input.contiguous(), result, count)
    return result if out is None else out.copy_(result)
