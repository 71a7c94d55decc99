"""W4A16 linear layer: weights are packed two to a byte with one scale a row, and unpacked in front of the product."""

import math

import torch
import triton
import triton.language as tl


@triton.jit
def pack_kernel(
    w_ptr, packed_ptr, scale_ptr, inner, pairs, stride_row, stride_column, BLOCK: tl.constexpr
):  # fmt: skip
    row = tl.program_id(0).to(tl.int64)
    lane = tl.arange(0, BLOCK).to(tl.int64)
    w_row = w_ptr + row * stride_row
    largest = tl.zeros((BLOCK,), tl.float32)
    for start in range(0, inner, BLOCK):
        w = tl.load(w_row + (start + lane) * stride_column, mask=start + lane < inner, other=0)
        largest = tl.maximum(largest, tl.abs(w.to(tl.float32)))
    scale = tl.max(largest, axis=0) / 7
    tl.store(scale_ptr + row, scale)
    divisor = tl.where(scale == 0, 1.0, scale)
    for start in range(0, pairs, BLOCK):
        pair = start + lane
        first = tl.load(w_row + 2 * pair * stride_column, mask=2 * pair < inner, other=0)
        second = tl.load(w_row + (2 * pair + 1) * stride_column, mask=2 * pair + 1 < inner, other=0)
        low, high = code(first, divisor), code(second, divisor)
        tl.store(packed_ptr + row * pairs + pair, ((high << 4) | (low & 15)).to(tl.int8), mask=pair < pairs)


@triton.jit
def code(w, divisor):
    # At 1.5 * 2**23 the spacing of float32 is 1: adding and subtracting it rounds half to even.
    q = w.to(tl.float32) / divisor + 12582912.0 - 12582912.0
    return tl.minimum(tl.maximum(q, -8.0), 7.0).to(tl.int32)


@triton.jit
def linear_kernel(
    x_ptr, packed_ptr, scale_ptr, bias_ptr, y_ptr, rows, outer, inner, pairs,
    BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_PAIRS: tl.constexpr,
):  # fmt: skip
    tiles_n = tl.cdiv(outer, BLOCK_N)
    row = (tl.program_id(0) // tiles_n).to(tl.int64) * BLOCK_M + tl.arange(0, BLOCK_M)[:, None]
    column = (tl.program_id(0) % tiles_n).to(tl.int64) * BLOCK_N + tl.arange(0, BLOCK_N)[None, :]
    lane = tl.arange(0, BLOCK_PAIRS)
    total = tl.zeros((BLOCK_M, BLOCK_N), tl.float32)
    for start in range(0, pairs, BLOCK_PAIRS):
        pair = start + lane
        mask = (pair < pairs)[:, None] & (column < outer)
        packed = tl.load(packed_ptr + column * pairs + pair[:, None], mask=mask, other=0).to(tl.int32)
        low, high = packed << 28 >> 28, packed >> 4  # the sign of each nibble is extended
        x_pair = x_ptr + row * inner + 2 * pair[None, :]
        first = tl.load(x_pair, mask=(row < rows) & (2 * pair < inner)[None, :], other=0)
        second = tl.load(x_pair + 1, mask=(row < rows) & (2 * pair + 1 < inner)[None, :], other=0)
        # Integers of four bits are exact in float16; their scale is common to a column and waits.
        total = tl.dot(first, low.to(tl.float16), total)
        total = tl.dot(second, high.to(tl.float16), total)
    y = total * tl.load(scale_ptr + column, mask=column < outer, other=0)
    if bias_ptr is not None:
        y += tl.load(bias_ptr + column, mask=column < outer, other=0).to(tl.float32)
    tl.store(y_ptr + row * outer + column, y, mask=(row < rows) & (column < outer))


def linear_w4a16(input, weight, bias=None):
    (outer, inner), rows = weight.shape, math.prod(input.shape[:-1])
    pairs = triton.cdiv(inner, 2)
    packed = torch.empty((outer, pairs), dtype=torch.int8, device=weight.device)
    scale = torch.empty(outer, dtype=torch.float32, device=weight.device)
    pack_kernel[(outer,)](
        weight, packed, scale, inner, pairs, *weight.stride(), BLOCK=min(triton.next_power_of_2(inner), 1024)
    )
    x = input.reshape(rows, inner).contiguous()
    result = torch.empty((*input.shape[:-1], outer), dtype=input.dtype, device=input.device)
    linear_kernel[(triton.cdiv(rows, 32) * triton.cdiv(outer, 64),)](
        x, packed, scale, None if bias is None else bias.contiguous(), result, rows, outer, inner, pairs,
        BLOCK_M=32, BLOCK_N=64, BLOCK_PAIRS=32,
    )  # fmt: skip
    return result
