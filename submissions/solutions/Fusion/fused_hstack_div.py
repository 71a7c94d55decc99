"""Each tensor is divided where it lies in the joined result: one pass, and nothing is joined first. Bound by memory."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import triton
import triton.language as tl
from _common.broadcasting import widest
from _common.places import place, reversed_sizes, reversed_strides


@triton.jit
def quotient(x, divisor, ROUNDING: tl.constexpr):
    """Return x / divisor, rounded towards zero (1), down (2), or not at all (0)."""
    if x.dtype.is_int():
        q = x // divisor  # of integers, it is rounded towards zero
        if ROUNDING == 2:
            q -= ((q * divisor != x) & ((x < 0) != (divisor < 0))).to(q.dtype)
    else:
        # Rounded to nearest: a quotient that is whole comes out whole.
        q = tl.div_rn(x, divisor) if x.dtype == tl.float32 else x / divisor
        if ROUNDING == 1:
            q = tl.where(q < 0, tl.ceil(q), tl.floor(q))
        if ROUNDING == 2:
            q = tl.floor(q)
    return q


@triton.jit
def divide_kernel(
    x_ptr, divisor_ptr, y_ptr, count, number, sizes, x_strides, divisor_strides, y_strides,
    ROUNDING: tl.constexpr, COMPUTE: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = at < count
    x = tl.load(x_ptr + place(at, sizes, x_strides), mask=inside, other=0).to(COMPUTE)
    if divisor_ptr is not None:
        divisor = tl.load(divisor_ptr + place(at, sizes, divisor_strides), mask=inside, other=1).to(COMPUTE)
    else:
        divisor = tl.full((BLOCK,), number, COMPUTE)
    tl.store(y_ptr + place(at, sizes, y_strides), quotient(x, divisor, ROUNDING), mask=inside)


def fused_hstack_div(
    tensors: Sequence[torch.Tensor],
    divisor: torch.Tensor | float,
    *,
    rounding_mode: str | None = None,
    out: torch.Tensor | None = None,
) -> torch.Tensor:
    if rounding_mode not in (None, "trunc", "floor"):
        raise ValueError(f"rounding_mode is None, trunc or floor, not {rounding_mode!r}")
    rounding = {None: 0, "trunc": 1, "floor": 2}[rounding_mode]
    parts = torch.atleast_1d(*tensors)
    parts = [parts] if isinstance(parts, torch.Tensor) else list(parts)
    axis = min(1, parts[0].ndim - 1)
    width = sum(part.shape[axis] for part in parts)
    joined = [width if dim == axis else size for dim, size in enumerate(parts[0].shape)]
    by = divisor if isinstance(divisor, torch.Tensor) else None
    shape = torch.broadcast_shapes(joined, () if by is None else by.shape)
    dtype = torch.result_type(parts[0], divisor)
    for part in parts[1:]:
        dtype = torch.promote_types(dtype, part.dtype)
    if rounding == 0 and not dtype.is_floating_point:
        dtype = torch.get_default_dtype()
    direct = out is not None and out.resize_(shape).dtype == dtype
    result = out if direct else torch.empty(shape, dtype=dtype, device=parts[0].device)

    divisors = result if by is None else by.expand(shape)  # without a tensor, anything of this shape
    axis, begin = axis - parts[0].ndim, 0
    for part in parts:
        y, under = result, divisors
        if width > 1:  # joined tensors of one column in all stretch over the columns of a wider divisor
            y, under = (view.narrow(axis, begin, part.shape[axis]) for view in (result, divisors))
        begin += part.shape[axis]
        if part.numel() and y.numel():
            divide_kernel[(triton.cdiv(y.numel(), 1024),)](
                part, None if by is None else under, y, y.numel(), divisor if by is None else 1,
                reversed_sizes(y.shape), *(reversed_strides(each) for each in (part.expand(y.shape), under, y)),
                ROUNDING=rounding, COMPUTE=widest(dtype, part), BLOCK=1024,
            )  # fmt: skip
    return result if out is None or direct else out.copy_(result)
