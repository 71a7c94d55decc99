"""Elementwise launches: a dense tensor is walked as flat memory in its own order, any other one is packed first."""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl

BLOCK = 1024


@triton.jit
def lanes(count, BLOCK: tl.constexpr):
    """Return the 64-bit offsets of a program, and which of them are inside."""
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    return at, at < count


def wide(*tensors: torch.Tensor) -> Any:
    """Return the dtype to compute in: float64 if a tensor has it, else float32."""
    return tl.float64 if any(tensor.dtype == torch.float64 for tensor in tensors) else tl.float32


def floating(tensor: torch.Tensor) -> torch.dtype:
    """Return the dtype of a result that cannot be an integer."""
    return tensor.dtype if tensor.is_floating_point() else torch.get_default_dtype()


def packed(x: torch.Tensor) -> torch.Tensor:
    """Return a tensor whose strides are those of a new tensor like it: x itself, unless it has gaps or overlaps."""
    return x if x.stride() == torch.empty_like(x).stride() else x.contiguous()


def unary(
    kernel: Any, x: torch.Tensor, out: torch.Tensor | None = None, dtype: torch.dtype | None = None, **constants: Any
) -> torch.Tensor:
    """Launch `kernel(x_ptr, y_ptr, count, COMPUTE, BLOCK, **constants)` over all elements of x.

    The result is `out`, resized as PyTorch does, or a new tensor of `dtype`, by default the floating dtype of x.
    """
    source = packed(x)
    result = torch.empty_like(source, dtype=dtype or floating(x))
    if out is not None and out.resize_(x.shape).stride() == source.stride():
        result = out
    count = source.numel()
    compute = wide(source, result)
    if count:
        kernel[(triton.cdiv(count, BLOCK),)](source, result, count, COMPUTE=compute, BLOCK=BLOCK, **constants)
    return result if out is None or result is out else out.copy_(result)


def pair(
    kernel: Any, x: torch.Tensor, first: torch.dtype, second: torch.dtype, **constants: Any
) -> tuple[torch.Tensor, torch.Tensor]:
    """Launch `kernel(x_ptr, first_ptr, second_ptr, count, COMPUTE, BLOCK)`; return new tensors of the two dtypes."""
    source = packed(x)
    results = torch.empty_like(source, dtype=first), torch.empty_like(source, dtype=second)
    count = source.numel()
    if count:
        kernel[(triton.cdiv(count, BLOCK),)](source, *results, count, COMPUTE=wide(x), BLOCK=BLOCK, **constants)
    return results
