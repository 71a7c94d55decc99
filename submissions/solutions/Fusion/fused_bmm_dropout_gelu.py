"""GELU of the dropout of a batched product as the product's epilogue: one kernel, no mask in memory."""

from __future__ import annotations

import torch
import triton
from _common.activations import gelu
from _common.products import product
from _common.randomness import dropped, scale_of, seed


@triton.jit
def exact(total, batch, row, column, inside, extra):
    rows, columns, number, p, scale = extra
    return gelu(dropped(total, (batch * rows + row) * columns + column, number, p, scale), False)


@triton.jit
def by_tanh(total, batch, row, column, inside, extra):
    rows, columns, number, p, scale = extra
    return gelu(dropped(total, (batch * rows + row) * columns + column, number, p, scale), True)


def fused_bmm_dropout_gelu(
    input1: torch.Tensor,
    input2: torch.Tensor,
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
    approximate: str = "none",
    *,
    out: torch.Tensor | None = None,
) -> torch.Tensor:
    if approximate not in ("none", "tanh"):
        raise ValueError(f"approximate is none or tanh, not {approximate!r}")
    p = float(p) if training else 0.0
    extra = (input1.shape[1], input2.shape[2], seed(), p, scale_of(p))
    result = product(input1, input2, epilogue=by_tanh if approximate == "tanh" else exact, extra=extra)
    return result if out is None else out.resize_(result.shape).copy_(result)
