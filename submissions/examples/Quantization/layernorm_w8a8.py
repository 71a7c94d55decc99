"""W8A8 layer norm: float32 statistics by deviations, then each result goes through int8 with the scale of its row.

A row that one block holds is read once; longer ones are read for each of four steps.
"""

import math

import torch
import triton
import triton.language as tl

WHOLE = 4096
"""Elements of the longest row that is kept in one block."""


@triton.jit
def short_kernel(x_ptr, weight_ptr, bias_ptr, y_ptr, columns, eps, BLOCK: tl.constexpr):
    at = tl.program_id(0).to(tl.int64) * columns + tl.arange(0, BLOCK)
    lane = tl.arange(0, BLOCK)
    inside = lane < columns
    x = tl.load(x_ptr + at, mask=inside, other=0)
    deviation = tl.where(inside, x - tl.sum(x, axis=0) / columns, 0.0)
    factor = 1.0 / tl.sqrt(tl.sum(deviation * deviation, axis=0) / columns + eps)
    y = adjusted(deviation * factor, weight_ptr, bias_ptr, lane, columns)
    scale = tl.max(tl.abs(y), axis=0) / 127
    tl.store(y_ptr + at, through_int8(y, scale), mask=inside)


@triton.jit
def long_kernel(x_ptr, weight_ptr, bias_ptr, y_ptr, columns, eps, BLOCK: tl.constexpr):
    x_row = x_ptr + tl.program_id(0).to(tl.int64) * columns
    y_row = y_ptr + tl.program_id(0).to(tl.int64) * columns
    lane = tl.arange(0, BLOCK)
    total = tl.zeros((BLOCK,), tl.float32)
    for start in range(0, columns, BLOCK):
        total += tl.load(x_row + start + lane, mask=start + lane < columns, other=0)
    mean = tl.sum(total, axis=0) / columns
    squares = tl.zeros((BLOCK,), tl.float32)
    for start in range(0, columns, BLOCK):
        inside = start + lane < columns
        deviation = tl.where(inside, tl.load(x_row + start + lane, mask=inside, other=0) - mean, 0.0)
        squares += deviation * deviation
    factor = 1.0 / tl.sqrt(tl.sum(squares, axis=0) / columns + eps)

    largest = tl.zeros((BLOCK,), tl.float32)
    for start in range(0, columns, BLOCK):
        y = result(x_row, weight_ptr, bias_ptr, start + lane, columns, mean, factor)
        largest = tl.maximum(largest, tl.abs(y))
    scale = tl.max(largest, axis=0) / 127
    for start in range(0, columns, BLOCK):
        y = result(x_row, weight_ptr, bias_ptr, start + lane, columns, mean, factor)
        tl.store(y_row + start + lane, through_int8(y, scale), mask=start + lane < columns)


@triton.jit
def result(x_row, weight_ptr, bias_ptr, column, columns, mean, factor):
    x = tl.load(x_row + column, mask=column < columns, other=0)
    return adjusted((x - mean) * factor, weight_ptr, bias_ptr, column, columns)


@triton.jit
def adjusted(y, weight_ptr, bias_ptr, column, columns):
    """The result in float32; zeros outside of the row, which no largest magnitude minds."""
    inside = column < columns
    if weight_ptr is not None:
        y *= tl.load(weight_ptr + column, mask=inside, other=0)
    if bias_ptr is not None:
        y += tl.load(bias_ptr + column, mask=inside, other=0)
    return tl.where(inside, y, 0.0)


@triton.jit
def through_int8(y, scale):
    # At 1.5 * 2**23 the spacing of float32 is 1: adding and subtracting it rounds half to even.
    code = (y / tl.where(scale == 0, 1.0, scale) + 12582912.0 - 12582912.0).to(tl.int8)
    return code.to(tl.float32) * scale


def layernorm_w8a8(input, normalized_shape, weight=None, bias=None, eps=1e-5):
    columns = math.prod(normalized_shape)
    x = input.contiguous()
    y = torch.empty_like(x)
    weight, bias = (None if each is None else each.contiguous() for each in (weight, bias))
    kernel, block = (short_kernel, triton.next_power_of_2(columns)) if columns <= WHOLE else (long_kernel, 2048)
    kernel[(x.numel() // columns,)](x, weight, bias, y, columns, eps, BLOCK=block, num_warps=8 if block > 1024 else 4)
    return y
