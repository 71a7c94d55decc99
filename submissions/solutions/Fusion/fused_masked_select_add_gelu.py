"""GELU of selected elements plus alpha * other, applied where a scan of counts writes them. Bound by memory.

Prefix sums: Blelloch, Prefix Sums and Their Applications, 1990. Selected elements are never stored by themselves.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.activations import gelu
from _common.selection import selected


@triton.jit
def added(x, at, extra, TANH: tl.constexpr):
    other_ptr, number, stride, alpha = extra
    x = x.to(tl.float32)
    if other_ptr is not None:
        x += alpha * tl.load(other_ptr + at * stride).to(tl.float32)
    else:
        x += number
    return gelu(x, TANH)


@triton.jit
def exact(x, at, extra):
    return added(x, at, extra, False)


@triton.jit
def by_tanh(x, at, extra):
    return added(x, at, extra, True)


def fused_masked_select_add_gelu(
    input: torch.Tensor,
    mask: torch.Tensor,
    other: torch.Tensor | float,
    *,
    alpha: float = 1,
    approximate: str = "none",
    out: torch.Tensor | None = None,
) -> torch.Tensor:
    if approximate not in ("none", "tanh"):
        raise ValueError(f"approximate is none or tanh, not {approximate!r}")
    dtype = torch.result_type(input, other)
    if isinstance(other, torch.Tensor):
        extra = (other, 0.0, other.stride(0) if other.numel() > 1 else 0, float(alpha))
    else:
        extra = (None, float(alpha * other), 0, 0.0)
    return selected(input, mask, by_tanh if approximate == "tanh" else exact, extra, dtype, out)
