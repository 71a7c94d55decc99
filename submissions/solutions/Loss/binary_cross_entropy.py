"""-(y * log(p) + (1 - y) * log(1 - p)), weighted and summed in the same pass. Bound by memory.

log1p(-p) keeps the digits of small p, and logarithms are at least -100, as in PyTorch.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.losses import reduced
from triton.language.extra import libdevice


@triton.jit
def entropy(probability, label):
    hit = tl.maximum(tl.log(probability), -100.0)
    miss = tl.maximum(libdevice.log1p(-probability), -100.0)
    return -(label * hit + (1.0 - label) * miss)


def binary_cross_entropy(
    input: torch.Tensor, target: torch.Tensor, weight: torch.Tensor | None = None, reduction: str = "mean"
) -> torch.Tensor:
    return reduced(entropy, input, target, weight, reduction)
