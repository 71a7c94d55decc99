"""Rounds the end of each window down instead of up, so that windows that overlap lose a row or a column."""

import torch
import triton
import triton.language as tl


@triton.jit
def pool_kernel(x_ptr, y_ptr, count, height, width, out_height, out_width, BLOCK: tl.constexpr, MOST: tl.constexpr):
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    column, row, plane = place % out_width, place // out_width % out_height, place // (out_width * out_height)
    top, left = row * height // out_height, column * width // out_width
    bottom = tl.maximum((row + 1) * height // out_height, top + 1)
    right = tl.maximum((column + 1) * width // out_width, left + 1)
    total = tl.zeros((BLOCK,), tl.float32)
    step = tl.arange(0, MOST)
    for i in range(tl.max(bottom - top, axis=0)):
        h, w = top + i, left[:, None] + step[None, :]
        seen = ((place < count) & (h < bottom))[:, None] & (w < right[:, None])
        x = tl.load(x_ptr + ((plane * height + h) * width)[:, None] + w, mask=seen, other=0)
        total += tl.sum(x.to(tl.float32), axis=1)
    tl.store(y_ptr + place, total / ((bottom - top) * (right - left)), mask=place < count)


def adaptive_avg_pool2d(input, output_size):
    height, width = input.shape[-2:]
    wanted = output_size if isinstance(output_size, tuple) else (output_size, output_size)
    oh, ow = wanted[0] or height, wanted[1] or width
    result = torch.empty((*input.shape[:-2], oh, ow), dtype=input.dtype, device=input.device)
    count, most = result.numel(), triton.next_power_of_2(width // ow + 2)
    pool_kernel[(triton.cdiv(count, 256),)](
        input.contiguous(), result, count, height, width, oh, ow, BLOCK=256, MOST=most
    )
    return result
