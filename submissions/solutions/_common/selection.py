"""Elements where a mask is true, in order: blocks count theirs, one program scans the counts, then blocks write.

Blelloch, Prefix Sums and Their Applications, 1990. A function `(x, at, extra)` of an element and its place in the
result, such as `itself`, gives what is written.
"""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl

from _common.places import place, reversed_sizes, reversed_strides

BLOCK = 2048
"""Elements of a block; with 4096, the places of a view of four dimensions spill."""


@triton.jit
def itself(x, at, extra):
    return x


@triton.jit
def chosen(mask_ptr, count, sizes, strides, BLOCK: tl.constexpr):
    """Return the flat positions of a block, and 1 where the mask is true."""
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    mask = tl.load(mask_ptr + place(at, sizes, strides), mask=at < count, other=0)
    return at, (mask != 0).to(tl.int32)


@triton.jit
def count_kernel(mask_ptr, counts_ptr, count, sizes, strides, BLOCK: tl.constexpr):
    _, taken = chosen(mask_ptr, count, sizes, strides, BLOCK)
    tl.store(counts_ptr + tl.program_id(0), tl.sum(taken, axis=0))


@triton.jit
def scan_kernel(counts_ptr, begins_ptr, blocks, BLOCK: tl.constexpr):
    before = tl.full((), 0, tl.int64)
    for start in range(0, blocks, BLOCK):
        at = start + tl.arange(0, BLOCK)
        counts = tl.load(counts_ptr + at, mask=at < blocks, other=0).to(tl.int64)
        tl.store(begins_ptr + at, before + tl.cumsum(counts, axis=0) - counts, mask=at < blocks)
        before += tl.sum(counts, axis=0)
    tl.store(begins_ptr + blocks, before)


@triton.jit
def take_kernel(
    x_ptr, mask_ptr, begins_ptr, y_ptr, count, sizes, x_strides, mask_strides, extra,
    FUNCTION: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    at, taken = chosen(mask_ptr, count, sizes, mask_strides, BLOCK)
    x = tl.load(x_ptr + place(at, sizes, x_strides), mask=taken != 0, other=0)
    to = tl.load(begins_ptr + tl.program_id(0)) + tl.cumsum(taken, axis=0) - 1
    # A lane that takes nothing has the place of another, or -1.
    tl.store(y_ptr + to, FUNCTION(x, tl.where(taken != 0, to, 0), extra), mask=taken != 0)


def selected(
    x: torch.Tensor,
    mask: torch.Tensor,
    function: Any = itself,
    extra: tuple[Any, ...] = (),
    dtype: torch.dtype | None = None,
    out: torch.Tensor | None = None,
) -> torch.Tensor:
    """Return `function` of the elements of x where the mask, which broadcasts with it, is true."""
    x, mask = torch.broadcast_tensors(x, mask)
    sizes, *strides = reversed_sizes(x.shape), reversed_strides(x), reversed_strides(mask)
    count = x.numel()
    if x.is_contiguous() and mask.is_contiguous():
        sizes, strides = (count,), [(1,), (1,)]
    blocks = triton.cdiv(count, BLOCK)
    total = 0
    if count:
        counts = torch.empty(blocks, dtype=torch.int32, device=x.device)
        begins = torch.empty(blocks + 1, dtype=torch.int64, device=x.device)
        count_kernel[(blocks,)](mask, counts, count, sizes, strides[1], BLOCK=BLOCK, num_warps=16)
        scan_kernel[(1,)](counts, begins, blocks, BLOCK=1024)
        total = int(begins[blocks].item())  # the host has to know how much to allocate
    dtype = dtype or x.dtype
    direct = out is not None and out.resize_(total).is_contiguous() and out.dtype == dtype
    result = out if direct else torch.empty(total, dtype=dtype, device=x.device)
    if total:
        take_kernel[(blocks,)](
            x, mask, begins, result, count, sizes, *strides, extra, FUNCTION=function, BLOCK=BLOCK, num_warps=16
        )
    return result if out is None or direct else out.copy_(result)
