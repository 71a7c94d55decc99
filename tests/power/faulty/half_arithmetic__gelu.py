"""Computes in the dtype of the input, which rounds after every step."""

import torch
import triton
import triton.language as tl


@triton.jit
def gelu_kernel(x_ptr, y_ptr, count, TANH: tl.constexpr, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = offsets < count
    x = tl.load(x_ptr + offsets, mask=inside, other=0)
    kind = x.dtype
    if TANH:
        cube = (x * x).to(kind) * x
        inner = (x + (cube * 0.044715).to(kind)).to(kind)
        y = x / (1 + tl.exp((inner * -1.5957691216057308).to(tl.float32)).to(kind)).to(kind)
    else:
        y = ((x * 0.5).to(kind) * (1 + tl.erf((x * 0.7071067811865476).to(tl.float32)).to(kind)).to(kind)).to(kind)
    tl.store(y_ptr + offsets, y, mask=inside)


def gelu(input, approximate="none"):
    result = torch.empty(input.shape, dtype=input.dtype, device=input.device)
    count = input.numel()
    grid = (triton.cdiv(count, 1024),)
    gelu_kernel[grid](input.contiguous(), result, count, TANH=approximate == "tanh", BLOCK=1024)
    return result
