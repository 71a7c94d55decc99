"""Asks a tensor without dimensions for its last one."""

import torch
import triton
import triton.language as tl


@triton.jit
def reciprocal_kernel(x_ptr, y_ptr, columns, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    for start in range(0, columns, BLOCK):
        lane = start + tl.arange(0, BLOCK)
        x = tl.load(x_ptr + row * columns + lane, mask=lane < columns, other=1).to(tl.float32)
        tl.store(y_ptr + row * columns + lane, 1 / x, mask=lane < columns)


def reciprocal(input, out=None):
    dtype = input.dtype if input.is_floating_point() else torch.float32
    result = torch.empty(input.shape, dtype=dtype, device=input.device)
    columns = input.shape[-1]
    reciprocal_kernel[(input.numel() // max(1, columns),)](input.contiguous(), result, columns, BLOCK=1024)
    return result if out is None else out.copy_(result)
