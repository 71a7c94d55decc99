"""Interpolates from coordinates that are scaled in float32: one result a lane, four neighbours of each."""

import torch
import triton
import triton.language as tl


@triton.jit
def nearest_kernel(x_ptr, y_ptr, count, h, w, y_h, y_w, step_y, step_x, BLOCK: tl.constexpr):
    place = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    plane, row, column = place // (y_h * y_w), place // y_w % y_h, place % y_w
    row = tl.minimum((row.to(tl.float32) * step_y).to(tl.int64), h - 1)
    column = tl.minimum((column.to(tl.float32) * step_x).to(tl.int64), w - 1)
    x = tl.load(x_ptr + plane * h * w + row * w + column, mask=place < count)
    tl.store(y_ptr + place, x, mask=place < count)


@triton.jit
def bilinear_kernel(
    x_ptr, y_ptr, count, h, w, y_h, y_w, step_y, step_x, CORNERS: tl.constexpr, BLOCK: tl.constexpr
):  # fmt: skip
    place = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    plane, row, column = place // (y_h * y_w), place // y_w % y_h, place % y_w
    if CORNERS:
        at_y, at_x = row.to(tl.float32) * step_y, column.to(tl.float32) * step_x
    else:
        at_y = tl.maximum((row.to(tl.float32) + 0.5) * step_y - 0.5, 0.0)
        at_x = tl.maximum((column.to(tl.float32) + 0.5) * step_x - 0.5, 0.0)
    top, left = tl.minimum(at_y.to(tl.int64), h - 1), tl.minimum(at_x.to(tl.int64), w - 1)
    bottom, right = tl.minimum(top + 1, h - 1), tl.minimum(left + 1, w - 1)
    down, along = at_y - top.to(tl.float32), at_x - left.to(tl.float32)
    image, inside = x_ptr + plane * h * w, place < count
    top_left = tl.load(image + top * w + left, mask=inside, other=0).to(tl.float32)
    top_right = tl.load(image + top * w + right, mask=inside, other=0).to(tl.float32)
    bottom_left = tl.load(image + bottom * w + left, mask=inside, other=0).to(tl.float32)
    bottom_right = tl.load(image + bottom * w + right, mask=inside, other=0).to(tl.float32)
    above = top_left * (1 - along) + top_right * along
    below = bottom_left * (1 - along) + bottom_right * along
    tl.store(y_ptr + place, above * (1 - down) + below * down, mask=inside)


def interpolate(input, size=None, scale_factor=None, mode="nearest", align_corners=None):
    x = input.contiguous()
    h, w = x.shape[2:]
    if size is not None:
        y_h, y_w = (size, size) if isinstance(size, int) else size
        step_y, step_x = h / y_h, w / y_w
    else:
        factors = scale_factor if isinstance(scale_factor, tuple) else (scale_factor, scale_factor)
        y_h, y_w = int(h * factors[0]), int(w * factors[1])
        step_y, step_x = 1 / factors[0], 1 / factors[1]
    y = torch.empty((*x.shape[:2], y_h, y_w), dtype=x.dtype, device=x.device)
    count = y.numel()
    grid = (triton.cdiv(count, 512),)
    if mode == "nearest":
        nearest_kernel[grid](x, y, count, h, w, y_h, y_w, step_y, step_x, BLOCK=512)
        return y
    if align_corners:
        step_y, step_x = (h - 1) / max(y_h - 1, 1), (w - 1) / max(y_w - 1, 1)
    bilinear_kernel[grid](x, y, count, h, w, y_h, y_w, step_y, step_x, CORNERS=bool(align_corners), BLOCK=512)
    return y
