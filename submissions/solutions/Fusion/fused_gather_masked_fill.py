"""Gather and masked fill in one pass; masked elements are not read. Bound by memory."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.places import place, reversed_sizes, reversed_strides


@triton.jit
def gather_kernel(
    x_ptr, index_ptr, mask_ptr, y_ptr, count, stride, value, sizes, x_strides, index_strides, mask_strides,
    BLOCK: tl.constexpr,
):  # fmt: skip
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = at < count
    hidden = tl.load(mask_ptr + place(at, sizes, mask_strides), mask=inside, other=1) != 0
    wanted = inside & (hidden == 0)
    picked = tl.load(index_ptr + place(at, sizes, index_strides), mask=wanted, other=0)
    x = tl.load(x_ptr + place(at, sizes, x_strides) + picked * stride, mask=wanted, other=0)
    tl.store(y_ptr + at, tl.where(hidden, value, x.to(tl.float32)), mask=inside)


def fused_gather_masked_fill(
    input: torch.Tensor,
    dim: int,
    index: torch.Tensor,
    mask: torch.Tensor,
    value: float,
    *,
    sparse_grad: bool = False,
    out: torch.Tensor | None = None,
) -> torch.Tensor:
    result = torch.empty(index.shape, dtype=input.dtype, device=input.device)
    count = index.numel()
    strides = list(input.stride())
    strides[dim] = 0  # the index says where along this dimension
    if count:
        gather_kernel[(triton.cdiv(count, 1024),)](
            input, index, mask.expand(index.shape), result, count, input.stride(dim), float(value),
            reversed_sizes(index.shape), tuple(strides)[::-1], reversed_strides(index),
            reversed_strides(mask.expand(index.shape)), BLOCK=1024,
        )  # fmt: skip
    return result if out is None else out.resize_(result.shape).copy_(result)
