"""Activations as functions of a block, for kernels that end with one."""

from __future__ import annotations

from typing import Any

import triton
import triton.language as tl
from triton.language.extra import libdevice


@triton.jit
def sigmoid(x):
    """Return 1 / (1 + exp(-x)); exp overflows to infinity, whose reciprocal is 0."""
    return 1.0 / (1.0 + tl.exp(-x))


@triton.jit
def tanh(x):
    """Return tanh(x) with the digits of small x."""
    return libdevice.tanh(x)


@triton.jit
def gelu(x, TANH: tl.constexpr):
    """Return x * Phi(x), or its approximation by tanh (Hendrycks and Gimpel, Gaussian Error Linear Units, 2016)."""
    if TANH:
        # (1 + tanh(z)) / 2 is the sigmoid of 2 z, which cancels nothing; 1.5957... is sqrt(8 / pi).
        return x / (1.0 + tl.exp(-1.5957691216057308 * (x + 0.044715 * x * x * x)))
    else:
        # 1 + erf(z) would cancel below zero; erfc(-z) keeps its digits.
        return 0.5 * x * libdevice.erfc(x * -0.7071067811865476)


@triton.jit
def exact_gelu(x):
    return gelu(x, False)


@triton.jit
def tanh_gelu(x):
    return gelu(x, True)


def gelu_function(approximate: str) -> Any:
    """Return the form of GELU that PyTorch names `none` or `tanh`."""
    if approximate not in ("none", "tanh"):
        raise ValueError(f"approximate is none or tanh, not {approximate!r}")
    return tanh_gelu if approximate == "tanh" else exact_gelu
