"""W8A8 layer norm: float32 statistics by deviations, then each result goes through int8 with the scale of its row."""

import math

import torch
import triton
import triton.language as tl


@triton.jit
def layer_norm_kernel(
    x_ptr, weight_ptr, bias_ptr, y_ptr, columns, eps, BLOCK: tl.constexpr,
):  # fmt: skip
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
    divisor = tl.where(scale == 0, 1.0, scale)
    for start in range(0, columns, BLOCK):
        y = result(x_row, weight_ptr, bias_ptr, start + lane, columns, mean, factor)
        # At 1.5 * 2**23 the spacing of float32 is 1: adding and subtracting it rounds half to even.
        code = (y / divisor + 12582912.0 - 12582912.0).to(tl.int8)
        tl.store(y_row + start + lane, code.to(tl.float32) * scale, mask=start + lane < columns)


@triton.jit
def result(x_row, weight_ptr, bias_ptr, column, columns, mean, factor):
    """The result in float32; zeros outside of the row, which no largest magnitude minds."""
    inside = column < columns
    y = (tl.load(x_row + column, mask=inside, other=0) - mean) * factor
    if weight_ptr is not None:
        y *= tl.load(weight_ptr + column, mask=inside, other=0)
    if bias_ptr is not None:
        y += tl.load(bias_ptr + column, mask=inside, other=0)
    return tl.where(inside, y, 0.0)


def layernorm_w8a8(input, normalized_shape, weight=None, bias=None, eps=1e-5):
    columns = math.prod(normalized_shape)
    x = input.contiguous()
    y = torch.empty_like(x)
    weight, bias = (None if each is None else each.contiguous() for each in (weight, bias))
    layer_norm_kernel[(x.numel() // columns,)](
        x, weight, bias, y, columns, eps, BLOCK=min(triton.next_power_of_2(columns), 2048)
    )
    return y
