"""GELU of input - alpha * other in one pass, where other is a number or a tensor. Bound by memory."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.activations import gelu
from _common.broadcasting import run, tile, value


@triton.jit
def sub_gelu_kernel(
    y_ptr, rows, columns, size_1, size_2, x, other, ALPHA: tl.constexpr, TANH: tl.constexpr,
    COMPUTE: tl.constexpr, BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr,
):  # fmt: skip
    row, column, inside = tile(rows, columns, BLOCK_ROWS, BLOCK_COLUMNS)
    first = value(x, row, column, inside, size_1, size_2, COMPUTE)
    second = value(other, row, column, inside, size_1, size_2, COMPUTE)
    tl.store(y_ptr + row * columns + column, gelu(first - second * ALPHA, TANH), mask=inside)


def fused_sub_gelu(
    input: torch.Tensor,
    other: torch.Tensor | float,
    alpha: float = 1,
    approximate: str = "none",
    out: torch.Tensor | None = None,
) -> torch.Tensor:
    if approximate not in ("none", "tanh"):
        raise ValueError(f"approximate is none or tanh, not {approximate!r}")
    dtype = torch.result_type(input, other)
    return run(sub_gelu_kernel, input, other, dtype=dtype, out=out, ALPHA=alpha, TANH=approximate == "tanh")
