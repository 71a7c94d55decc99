"""Drops the last window of the pooling where it is not whole, although `pool_ceil_mode` keeps it."""

import torch
import triton
import triton.language as tl


@triton.jit
def conv_kernel(
    x_ptr, w_ptr, bias_ptr, y_ptr, count, channels, height, width, filters, out_height, out_width, depth, group,
    stride_h, stride_w, pad_h, pad_w, dilation_h, dilation_w, kernel_h, kernel_w, BLOCK: tl.constexpr,
):  # fmt: skip
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = place < count
    column, row = place % out_width, place // out_width % out_height
    number, image = place // (out_width * out_height) % filters, place // (out_width * out_height * filters)
    total = tl.zeros((BLOCK,), tl.float32)
    for tap in range(depth * kernel_h * kernel_w):
        i, j = tap // kernel_w % kernel_h, tap % kernel_w
        channel = number // group * depth + tap // (kernel_h * kernel_w)
        h, w = row * stride_h - pad_h + i * dilation_h, column * stride_w - pad_w + j * dilation_w
        seen = inside & (h >= 0) & (h < height) & (w >= 0) & (w < width)
        x = tl.load(x_ptr + ((image * channels + channel) * height + h) * width + w, mask=seen, other=0)
        weight = tl.load(w_ptr + number * (depth * kernel_h * kernel_w) + tap, mask=inside, other=0)
        total += x.to(tl.float32) * weight.to(tl.float32)
    if bias_ptr is not None:
        total += tl.load(bias_ptr + number, mask=inside, other=0).to(tl.float32)
    tl.store(y_ptr + place, total, mask=inside)


@triton.jit
def pool_kernel(
    x_ptr, y_ptr, count, height, width, out_height, out_width, stride_h, stride_w, pad_h, pad_w,
    dilation_h, dilation_w, size_h, size_w, BLOCK: tl.constexpr,
):  # fmt: skip
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    column, row, plane = place % out_width, place // out_width % out_height, place // (out_width * out_height)
    y = tl.zeros((BLOCK,), tl.float32)
    for tap in range(size_h * size_w):
        h = row * stride_h - pad_h + tap // size_w * dilation_h
        w = column * stride_w - pad_w + tap % size_w * dilation_w
        seen = (place < count) & (h >= 0) & (h < height) & (w >= 0) & (w < width)
        x = tl.load(x_ptr + (plane * height + h) * width + w, mask=seen, other=0)
        # NaN is neither above nor below, and stays once it is met.
        y = tl.where((x > y) | (x != x), x, y)
    tl.store(y_ptr + place, y, mask=place < count)


def pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)


def fused_relu_max_pool2d_conv2d(
    input, weight, bias=None, conv_stride=1, conv_padding=0, conv_dilation=1, conv_groups=1,
    pool_kernel_size=2, pool_stride=None, pool_padding=0, pool_dilation=1, pool_ceil_mode=False, inplace=False,
):  # fmt: skip
    (sh, sw), (dh, dw), (kh, kw) = pair(conv_stride), pair(conv_dilation), weight.shape[2:]
    batch, channels, height, width = input.shape
    if conv_padding == "same":
        before = (dh * (kh - 1) // 2, dw * (kw - 1) // 2)
        oh, ow = height, width
    else:
        before = pair(0 if conv_padding == "valid" else conv_padding)
        oh = (height + 2 * before[0] - dh * (kh - 1) - 1) // sh + 1
        ow = (width + 2 * before[1] - dw * (kw - 1) - 1) // sw + 1
    convolved = torch.empty((batch, len(weight), oh, ow), dtype=torch.float32, device=input.device)
    bias = None if bias is None else bias.contiguous()
    conv_kernel[(triton.cdiv(convolved.numel(), 1024),)](
        input.contiguous(), weight.contiguous(), bias, convolved, convolved.numel(), channels, height, width, len(weight),
        oh, ow, weight.shape[1], len(weight) // conv_groups, sh, sw, *before, dh, dw, kh, kw, BLOCK=1024,
    )  # fmt: skip
    size, pad, dilation = pair(pool_kernel_size), pair(pool_padding), pair(pool_dilation)
    stride = pair(pool_stride or size)
    out = [(n + 2 * p - d * (k - 1) - 1) // s + 1 for n, p, d, k, s in zip((oh, ow), pad, dilation, size, stride)]
    result = torch.empty((batch, len(weight), *out), dtype=input.dtype, device=input.device)
    pool_kernel[(triton.cdiv(result.numel(), 1024),)](
        convolved, result, result.numel(), oh, ow, *out, *stride, *pad, *dilation, *size, BLOCK=1024
    )
    return result
