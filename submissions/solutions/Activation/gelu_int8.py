"""x * Phi(x) of int8 tensors in float32, truncated towards zero as PyTorch converts. Bound by memory."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.activations import gelu
from _common.flat import lanes, unary


@triton.jit
def gelu_int8_kernel(x_ptr, y_ptr, count, TANH: tl.constexpr, COMPUTE: tl.constexpr, BLOCK: tl.constexpr):
    at, inside = lanes(count, BLOCK)
    x = tl.load(x_ptr + at, mask=inside, other=0).to(COMPUTE)
    tl.store(y_ptr + at, gelu(x, TANH).to(tl.int8), mask=inside)


def gelu_int8(input: torch.Tensor, approximate: str = "none") -> torch.Tensor:
    if approximate not in ("none", "tanh"):
        raise ValueError(f"approximate is none or tanh, not {approximate!r}")
    return unary(gelu_int8_kernel, input, dtype=torch.int8, TANH=approximate == "tanh")
