"""Places the corners of a bilinear image as if `align_corners` were never set."""

import torch
import triton
import triton.language as tl


@triton.jit
def resize_kernel(
    x_ptr,
    y_ptr,
    count,
    height,
    width,
    out_height,
    out_width,
    step_h,
    step_w,
    BILINEAR: tl.constexpr,
    BLOCK: tl.constexpr,
):
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = place < count
    column, row, plane = place % out_width, place // out_width % out_height, place // (out_width * out_height)
    if BILINEAR:
        h = tl.minimum(tl.maximum((row + 0.5) * step_h - 0.5, 0.0), height - 1.0)
        w = tl.minimum(tl.maximum((column + 0.5) * step_w - 0.5, 0.0), width - 1.0)
        top, left = h.to(tl.int32), w.to(tl.int32)
        down, right = tl.minimum(top + 1, height - 1), tl.minimum(left + 1, width - 1)
        h, w = h - top, w - left
        base = x_ptr + plane * height * width
        a = tl.load(base + top * width + left, mask=inside, other=0).to(tl.float32)
        b = tl.load(base + top * width + right, mask=inside, other=0).to(tl.float32)
        c = tl.load(base + down * width + left, mask=inside, other=0).to(tl.float32)
        d = tl.load(base + down * width + right, mask=inside, other=0).to(tl.float32)
        y = (1 - h) * ((1 - w) * a + w * b) + h * ((1 - w) * c + w * d)
    else:
        h = tl.minimum(row * height // out_height, height - 1)
        w = tl.minimum(column * width // out_width, width - 1)
        y = tl.load(x_ptr + (plane * height + h) * width + w, mask=inside, other=0).to(tl.float32)
    tl.store(y_ptr + place, y, mask=inside)


def interpolate(input, size=None, scale_factor=None, mode="nearest", align_corners=None):
    height, width = input.shape[-2:]
    if size is None:
        factors = scale_factor if isinstance(scale_factor, tuple) else (scale_factor, scale_factor)
        size = (int(height * factors[0]), int(width * factors[1]))
        steps = (1 / factors[0], 1 / factors[1])
    else:
        size = (size, size) if isinstance(size, int) else tuple(size)
        steps = (height / size[0], width / size[1])
    result = torch.empty((*input.shape[:-2], *size), dtype=input.dtype, device=input.device)
    count = result.numel()
    resize_kernel[(triton.cdiv(count, 1024),)](
        input.contiguous(), result, count, height, width, *size, *steps, BILINEAR=mode == "bilinear", BLOCK=1024
    )
    return result
