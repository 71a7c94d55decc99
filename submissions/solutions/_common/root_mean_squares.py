"""GELU of the RMS norm of rows, then dropout, minus a tensor that broadcasts: two passes over each row.

The normalisation is that of Zhang and Sennrich, Root Mean Square Layer Normalization, 2019.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import triton
import triton.language as tl

from _common.activations import gelu
from _common.products import product
from _common.randomness import scale_of, seed


@triton.jit
def rms_gelu_kernel(
    x_ptr, other_ptr, y_ptr, columns, eps, number, p, scale, size_1, size_2, stride_0, stride_1, stride_2,
    TANH: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    lane = tl.arange(0, BLOCK)
    first = tl.program_id(0).to(tl.int64) * columns
    total = tl.zeros((BLOCK,), tl.float32)
    for start in range(0, columns, BLOCK):
        x = tl.load(x_ptr + first + start + lane, mask=start + lane < columns, other=0)
        total += x * x
    factor = 1.0 / tl.sqrt(tl.sum(total, axis=0) / columns + eps)
    for start in range(0, columns, BLOCK):
        inside = start + lane < columns
        at = first + start + lane
        y = gelu(tl.load(x_ptr + at, mask=inside, other=0) * factor, TANH)
        y = tl.where(tl.rand(number, at) >= p, y * scale, 0.0)
        if other_ptr is not None:
            place = at // (size_1 * size_2) * stride_0 + at // size_2 % size_1 * stride_1 + at % size_2 * stride_2
            y -= tl.load(other_ptr + place, mask=inside, other=0).to(tl.float32)
        tl.store(y_ptr + at, y, mask=inside)


def bmm_rms_gelu(
    a: torch.Tensor,
    b: torch.Tensor,
    shape: int | Sequence[int],
    p: float,
    training: bool,
    approximate: str,
    eps: float,
    other: torch.Tensor | None = None,
    out: torch.Tensor | None = None,
) -> torch.Tensor:
    """Return `dropout(gelu(rms_norm(a @ b))) - other`; the product is kept in float32."""
    if approximate not in ("none", "tanh"):
        raise ValueError(f"approximate is none or tanh, not {approximate!r}")
    p = float(p) if training else 0.0
    hidden = product(a, b, dtype=torch.float32)
    columns = shape if isinstance(shape, int) else math.prod(shape)
    result = torch.empty(hidden.shape, dtype=a.dtype, device=a.device)
    view = None if other is None else other.expand(hidden.shape)
    rms_gelu_kernel[(hidden.numel() // columns,)](
        hidden, view, result, columns, float(eps), seed(), p, scale_of(p), hidden.shape[1], hidden.shape[2],
        *((0, 0, 0) if view is None else view.stride()), TANH=approximate == "tanh",
        BLOCK=min(triton.next_power_of_2(columns), 2048), num_warps=8,
    )  # fmt: skip
    return result if out is None else out.resize_(result.shape).copy_(result)
