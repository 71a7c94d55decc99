"""exp of a tiled tensor in one kernel: each element of the result finds its source by remainders. Bound by memory.

Computing each exponential once and copying it would read twice what it writes.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl


@triton.jit
def tile_exp_kernel(x_ptr, y_ptr, count, sizes, repeats, strides, COMPUTE: tl.constexpr, BLOCK: tl.constexpr):
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    rest, place = at, tl.zeros((BLOCK,), tl.int64)
    for axis in tl.static_range(len(sizes)):
        place += rest % sizes[axis] * strides[axis]
        rest = rest // (sizes[axis] * repeats[axis])
    x = tl.load(x_ptr + place, mask=at < count, other=0).to(COMPUTE)
    tl.store(y_ptr + at, tl.exp(x), mask=at < count)


def fused_tile_exp(input: torch.Tensor, dims: tuple[int, ...], *, out: torch.Tensor | None = None) -> torch.Tensor:
    rank = max(input.ndim, len(dims), 1)
    view = input.reshape((1,) * (rank - input.ndim) + tuple(input.shape))
    repeats = (1,) * (rank - len(dims)) + tuple(dims)
    shape = [size * times for size, times in zip(view.shape, repeats, strict=True)]
    shape = shape[rank - max(input.ndim, len(dims)) :]
    dtype = input.dtype if input.is_floating_point() else torch.get_default_dtype()
    direct = out is not None and out.resize_(shape).is_contiguous()
    result = out if direct else torch.empty(shape, dtype=dtype, device=input.device)
    count = result.numel()
    if count:
        compute = tl.float64 if dtype == torch.float64 else tl.float32
        tile_exp_kernel[(triton.cdiv(count, 1024),)](
            view, result, count, tuple(view.shape)[::-1], repeats[::-1], view.stride()[::-1],
            COMPUTE=compute, BLOCK=1024,
        )  # fmt: skip
    return result if out is None or direct else out.copy_(result)
