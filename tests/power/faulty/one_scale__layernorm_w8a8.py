"""Quantises the result with one scale instead of one for each row."""

import torch
import triton
import triton.language as tl


@triton.jit
def largest_kernel(x_ptr, largest_ptr, count, BLOCK: tl.constexpr):
    largest = tl.zeros((BLOCK,), tl.float32)
    for start in range(0, count, BLOCK):
        place = start + tl.arange(0, BLOCK)
        largest = tl.maximum(largest, tl.abs(tl.load(x_ptr + place, mask=place < count, other=0).to(tl.float32)))
    tl.store(largest_ptr, tl.max(largest, axis=0))


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


@triton.jit
def round_kernel(y_ptr, largest_ptr, count, BLOCK: tl.constexpr):
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    scale = tl.load(largest_ptr) / 127
    code = tl.floor(tl.load(y_ptr + place, mask=place < count, other=0) / tl.where(scale > 0, scale, 1.0) + 0.5)
    tl.store(y_ptr + place, code * scale, mask=place < count)


def layernorm_w8a8(input, normalized_shape, weight=None, bias=None, eps=1e-5):
    columns = 1
    for size in normalized_shape:
        columns *= size
    x = input.contiguous()
    weight, bias = (None if each is None else each.contiguous() for each in (weight, bias))
    y = torch.empty_like(x)
    layer_norm_kernel[(x.numel() // columns,)](x, weight, bias, y, columns, eps, BLOCK=triton.next_power_of_2(columns))
    largest = torch.empty(1, dtype=torch.float32, device=x.device)
    largest_kernel[(1,)](y, largest, y.numel(), BLOCK=1024)
    round_kernel[(triton.cdiv(y.numel(), 1024),)](y, largest, y.numel(), BLOCK=1024)
    return y
