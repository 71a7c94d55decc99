"""Normalises in floating point and quantises nothing."""

import torch
import triton
import triton.language as tl


@triton.jit
def layer_norm_kernel(x_ptr, weight_ptr, bias_ptr, y_ptr, columns, eps, BLOCK: tl.constexpr):
    row, lane = tl.program_id(0), tl.arange(0, BLOCK)
    inside = lane < columns
    x = tl.load(x_ptr + row * columns + lane, mask=inside, other=0)
    deviation = tl.where(inside, x - tl.sum(x, axis=0) / columns, 0.0)
    y = deviation / tl.sqrt(tl.sum(deviation * deviation, axis=0) / columns + eps)
    if weight_ptr is not None:
        y *= tl.load(weight_ptr + lane, mask=inside, other=0)
    if bias_ptr is not None:
        y += tl.load(bias_ptr + lane, mask=inside, other=0)
    tl.store(y_ptr + row * columns + lane, y, mask=inside)


def layernorm_w8a8(input, normalized_shape, weight=None, bias=None, eps=1e-5):
    columns = 1
    for size in normalized_shape:
        columns *= size
    x = input.contiguous()
    weight, bias = (None if each is None else each.contiguous() for each in (weight, bias))
    y = torch.empty_like(x)
    layer_norm_kernel[(x.numel() // columns,)](x, weight, bias, y, columns, eps, BLOCK=triton.next_power_of_2(columns))
    return y
