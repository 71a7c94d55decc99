"""x * Phi(x), exact or with the tanh approximation, computed in float32. Bound by memory: one read, one write."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.activations import gelu as activated
from _common.flat import lanes, unary


@triton.jit
def gelu_kernel(x_ptr, y_ptr, count, TANH: tl.constexpr, COMPUTE: tl.constexpr, BLOCK: tl.constexpr):
    at, inside = lanes(count, BLOCK)
    x = tl.load(x_ptr + at, mask=inside, other=0).to(COMPUTE)
    tl.store(y_ptr + at, activated(x, TANH), mask=inside)


def gelu_bf16(input: torch.Tensor, approximate: str = "none") -> torch.Tensor:
    if approximate not in ("none", "tanh"):
        raise ValueError(f"approximate is none or tanh, not {approximate!r}")
    return unary(gelu_kernel, input, TANH=approximate == "tanh")
