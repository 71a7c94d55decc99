"""Uses the tanh approximation where the exact function is asked for."""

import torch
import triton
import triton.language as tl


@triton.jit
def gelu_kernel(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + offsets, mask=offsets < count, other=0).to(tl.float32)
    y = x / (1 + tl.exp(-1.5957691216057308 * (x + 0.044715 * x * x * x)))
    tl.store(y_ptr + offsets, y, mask=offsets < count)


def gelu(input, approximate="none"):
    result = torch.empty(input.shape, dtype=input.dtype, device=input.device)
    gelu_kernel[(triton.cdiv(input.numel(), 1024),)](input.contiguous(), result, input.numel(), BLOCK=1024)
    return result
