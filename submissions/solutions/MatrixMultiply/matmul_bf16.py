"""Matrix product in tiles with float32 accumulators. Bound by arithmetic on large matrices, else by memory."""

from __future__ import annotations

import torch
from _common.products import matmul


def matmul_bf16(input: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    return matmul(input, other)
