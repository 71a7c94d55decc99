"""All input channels of a group are one block of at most 128: nothing loops over the others."""

import torch
import triton
import triton.language as tl


@triton.jit
def conv_kernel(
    x_ptr, weight_ptr, y_ptr, channels, height, width, out_height, out_width, filters, groups, rows, columns,
    stride_h, stride_w, pad_h, pad_w, step_h, step_w, PIXELS: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    plane = tl.program_id(1)
    image, filter = plane // filters, plane % filters
    group = filter // (filters // groups)
    pixel = tl.program_id(0) * PIXELS + tl.arange(0, PIXELS)[:, None]
    top, left = pixel // out_width * stride_h - pad_h, pixel % out_width * stride_w - pad_w
    channel = tl.arange(0, BLOCK)[None, :]
    total = tl.zeros((PIXELS, BLOCK), tl.float32)
    for row in range(rows):
        for column in range(columns):
            y, x = top + row * step_h, left + column * step_w
            inside = (channel < channels) & (y >= 0) & (y < height) & (x >= 0) & (x < width)
            source = ((image * groups + group) * channels + channel) * height * width + y * width + x
            kernel = ((filter * channels + channel) * rows + row) * columns + column
            w = tl.load(weight_ptr + kernel, mask=channel < channels, other=0).to(tl.float32)
            total += tl.load(x_ptr + source, mask=inside, other=0).to(tl.float32) * w
    y = tl.sum(total, axis=1, keep_dims=True)
    tl.store(y_ptr + plane * out_height * out_width + pixel, y, mask=pixel < out_height * out_width)


def pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)


def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    batch, _, height, width = input.shape
    filters, channels, rows, columns = weight.shape
    stride, dilation = pair(stride), pair(dilation)
    named = {"valid": (0, 0), "same": (dilation[0] * (rows - 1) // 2, dilation[1] * (columns - 1) // 2)}
    padding = named[padding] if isinstance(padding, str) else pair(padding)
    out_height = (height + 2 * padding[0] - dilation[0] * (rows - 1) - 1) // stride[0] + 1
    out_width = (width + 2 * padding[1] - dilation[1] * (columns - 1) - 1) // stride[1] + 1
    y = torch.empty(batch, filters, out_height, out_width, dtype=torch.float32, device=input.device)
    conv_kernel[(triton.cdiv(out_height * out_width, 32), batch * filters)](
        input.contiguous(), weight.contiguous(), y, channels, height, width, out_height, out_width, filters, groups,
        rows, columns, *stride, *padding, *dilation, PIXELS=32,
        BLOCK=min(triton.next_power_of_2(channels), 128),
    )  # fmt: skip
    return (y if bias is None else y + bias[:, None, None]).to(input.dtype)
