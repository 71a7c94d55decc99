"""softmax(log(x)) in two passes over each row, which read x twice and store no logarithm. Bound by memory.

x / sum(x) would be one pass fewer, but the sum of large elements overflows where the softmax does not.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.softmax import softmax


@triton.jit
def logarithm(x):
    return tl.log(x)


def fused_softmax_log(input: torch.Tensor, dim: int = -1, dtype: torch.dtype | None = None) -> torch.Tensor:
    return softmax(input, dim, dtype, before=logarithm)
