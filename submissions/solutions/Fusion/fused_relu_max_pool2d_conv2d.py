"""ReLU of max pooling of a convolution by implicit GEMM, whose results are kept in float32; pooling takes one pass.

Bound by arithmetic. Pooling as an epilogue was dropped: windows that overlap would need results of other tiles.
"""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from _common.convolution import convolution, pair


@triton.jit
def pool_kernel(
    x_ptr, y_ptr, count, height, width, y_height, y_width, window_height, window_width, step_y, step_x, pad_y, pad_x,
    dilation_y, dilation_x, BLOCK: tl.constexpr,
):  # fmt: skip
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    top, left = at // y_width % y_height * step_y - pad_y, at % y_width * step_x - pad_x
    plane = at // (y_width * y_height)
    best = tl.zeros((BLOCK,), tl.float32)  # what ReLU makes of all below
    for step in range(0, window_height * window_width):
        row, column = top + step // window_width * dilation_y, left + step % window_width * dilation_x
        inside = (at < count) & (row >= 0) & (row < height) & (column >= 0) & (column < width)
        x = tl.load(x_ptr + (plane * height + row) * width + column, mask=inside, other=0)
        best = tl.where((x > best) | (x != x), x, best)  # a NaN is taken, and nothing is above it
    tl.store(y_ptr + at, best, mask=at < count)


def pooled_size(size: int, window: int, step: int, pad: int, dilation: int, ceil_mode: bool) -> int:
    """Return how many windows there are along a dimension."""
    reach = size + 2 * pad - dilation * (window - 1) - 1
    count = (reach + step - 1 if ceil_mode else reach) // step + 1
    # A window that begins in the padding behind the end is left out.
    return count - 1 if ceil_mode and (count - 1) * step >= size + pad else count


def fused_relu_max_pool2d_conv2d(
    input: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    conv_stride: Any = 1,
    conv_padding: Any = 0,
    conv_dilation: Any = 1,
    conv_groups: int = 1,
    pool_kernel_size: Any = 2,
    pool_stride: Any = None,
    pool_padding: Any = 0,
    pool_dilation: Any = 1,
    pool_ceil_mode: bool = False,
    inplace: bool = False,
) -> torch.Tensor:
    x = convolution(
        input, weight, bias, conv_stride, conv_padding, conv_dilation, conv_groups, dtype=torch.float32
    )  # fmt: skip
    window, step = pair(pool_kernel_size), pair(pool_kernel_size if pool_stride is None else pool_stride)
    pad, dilation = pair(pool_padding), pair(pool_dilation)
    height, width = map(pooled_size, x.shape[2:], window, step, pad, dilation, (pool_ceil_mode, pool_ceil_mode))
    result = torch.empty((*x.shape[:2], height, width), dtype=input.dtype, device=x.device)
    if result.numel():
        pool_kernel[(triton.cdiv(result.numel(), 512),)](
            x, result, result.numel(), *x.shape[2:], height, width, *window, *step, *pad, *dilation, BLOCK=512
        )
    return result
