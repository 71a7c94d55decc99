"""Log-softmax of x @ weight.T + bias: the product is kept in float32, then two passes over each row.

The product is bound by arithmetic, the rest by memory. Merging both would need a whole row in each program.
"""

from __future__ import annotations

import torch
from _common.products import linear
from _common.softmax import softmax


def fused_log_softmax_linear(
    input: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    dim: int = -1,
    dtype: torch.dtype | None = None,
) -> torch.Tensor:
    hidden = linear(input, weight, bias, dtype=torch.float32)
    return softmax(hidden, dim, dtype or input.dtype, log=True)
