"""Log-softmax of repeated elements, which are read where they are: no repeated tensor is stored. Bound by memory.

Repeats of each element are summed by one program; a binary search then finds the source of each column.
"""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from _common.softmax import softmax


@triton.jit
def ends_kernel(repeats_ptr, stride, ends_ptr, count, BLOCK: tl.constexpr):
    before = tl.zeros((), tl.int64)
    for start in range(0, count, BLOCK):
        at = start + tl.arange(0, BLOCK)
        times = tl.load(repeats_ptr + at * stride, mask=at < count, other=0).to(tl.int64)
        tl.store(ends_ptr + at, before + tl.cumsum(times, axis=0), mask=at < count)
        before += tl.sum(times, axis=0)


@triton.jit
def source_kernel(ends_ptr, source_ptr, columns, count, times, steps, BLOCK: tl.constexpr):
    column = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    if ends_ptr is None:
        tl.store(source_ptr + column, column // times, mask=column < columns)
    else:
        low = tl.zeros((BLOCK,), tl.int64)
        high = low + count
        for _ in range(steps):
            middle = (low + high) // 2
            after = tl.load(ends_ptr + middle, mask=middle < count, other=0) <= column
            low, high = tl.where(after & (low < high), middle + 1, low), tl.where(after, high, middle)
        tl.store(source_ptr + column, low, mask=column < columns)


def fused_repeat_interleave_log_softmax(
    input: torch.Tensor,
    repeats: Any,
    dim: int | None = None,
    *,
    output_size: int | None = None,
    dtype: torch.dtype | None = None,
    out: torch.Tensor | None = None,
) -> torch.Tensor:
    x, dim = (input.reshape(-1), 0) if dim is None else (input, dim)
    count = x.shape[dim]
    ends = None
    if torch.is_tensor(repeats):
        repeats = repeats.expand(count)
        ends = torch.empty(count, dtype=torch.int64, device=x.device)
        ends_kernel[(1,)](repeats, repeats.stride(0), ends, count, BLOCK=1024)
    columns = output_size or (count * repeats if ends is None else int(ends[-1]))
    source = torch.empty(columns, dtype=torch.int64, device=x.device)
    source_kernel[(triton.cdiv(columns, 1024),)](
        ends, source, columns, count, 1 if ends is not None else repeats, count.bit_length() + 1, BLOCK=1024
    )
    result = softmax(x, dim, dtype, log=True, source=source)
    return result if out is None else out.resize_(result.shape).copy_(result)
