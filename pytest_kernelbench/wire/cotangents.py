"""Incoming gradients: what both ends pass to a backward pass, equal in value in every floating-point dtype."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kernelbench.wire.fills import generator

if TYPE_CHECKING:
    import torch

KINDS = ("contiguous", "strided", "transposed", "expanded", "zeros")
"""Incoming gradients: three layouts, one number that is expanded as that of a sum is, and zeros."""

EXPANDED = 0.75
"""The number of an expanded incoming gradient."""


def cotangent(like: torch.Tensor, index: int, kind: str | None) -> torch.Tensor:
    """Return the incoming gradient of the result with this index, of its shape, dtype and device.

    The values are multiples of 1/32 up to 2, which bfloat16 holds exactly: both the reference in double precision and a
    kernel in half precision get the same ones.
    """
    import torch

    shape = tuple(like.shape)
    if kind == "zeros":
        return torch.zeros(shape, dtype=like.dtype, device=like.device)
    if kind == "expanded":
        return torch.full((), EXPANDED, dtype=like.dtype, device=like.device).expand(shape)
    drawn = generator(index, "cotangent").integers(-64, 65, shape) / 32
    values = torch.as_tensor(drawn).to(like.dtype).to(like.device)
    if kind == "strided" and shape:
        wide = torch.zeros((*shape[:-1], 2 * shape[-1]), dtype=like.dtype, device=like.device)
        return wide[..., ::2].copy_(values)
    if kind == "transposed" and len(shape) > 1:
        return values.mT.contiguous().mT
    return values
