"""Mean of input + alpha * other over any dimensions; the sum is never stored. Bound by memory."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from _common.sums import mean


def fused_add_mean(
    input: torch.Tensor,
    other: torch.Tensor | float,
    dim: int | Sequence[int] | None = None,
    alpha: float = 1,
    keepdim: bool = False,
    dtype: torch.dtype | None = None,
    out: torch.Tensor | None = None,
) -> torch.Tensor:
    kind = torch.result_type(input, other)
    if torch.is_tensor(other):
        input, other = torch.broadcast_tensors(input, other)
    if not kind.is_complex:
        return mean(input, dim, keepdim, dtype or kind, out, other=other, alpha=alpha)
    # A number is a row of one, and the last dimension of pairs is never reduced.
    shape = input.shape or (1,)
    dims = [axis % len(shape) for axis in ((dim,) if isinstance(dim, int) else dim or range(len(shape)))]
    pairs = [torch.view_as_real(torch.as_tensor(each).to(kind).expand(shape)) for each in (input, other)]
    result = torch.view_as_complex(mean(pairs[0], dims, keepdim and input.ndim > 0, other=pairs[1], alpha=alpha))
    return result if out is None else out.resize_(result.shape).copy_(result)
