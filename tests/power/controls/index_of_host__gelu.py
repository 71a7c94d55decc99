"""Reads where its elements are from a table that torch has made."""

import torch
import triton
import triton.language as tl


@triton.jit
def gelu_kernel(x_ptr, table_ptr, y_ptr, count, TANH: tl.constexpr, BLOCK: tl.constexpr):
    lane = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    place = tl.load(table_ptr + lane, mask=lane < count, other=0)
    x = tl.load(x_ptr + place, mask=lane < count, other=0)
    if x.dtype != tl.float64:
        x = x.to(tl.float32)
    if TANH:
        inner = 0.7978845608028654 * (x + 0.044715 * x * x * x)
        y = x * (1 - 1 / (tl.exp(2 * inner) + 1))
    else:
        y = 0.5 * x * (1 + tl.erf(x * 0.7071067811865476))
    tl.store(y_ptr + lane, y, mask=lane < count)


def gelu(input, approximate="none"):
    x, count = input.contiguous(), input.numel()
    table = torch.arange(count, dtype=torch.int64, device=x.device)
    y = torch.empty_like(x)
    gelu_kernel[(triton.cdiv(count, 512),)](x, table, y, count, TANH=approximate == "tanh", BLOCK=512)
    return y
