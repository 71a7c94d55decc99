"""Reduces only the first of several dimensions."""

import torch
import triton
import triton.language as tl


@triton.jit
def std_kernel(x_ptr, y_ptr, columns, correction, BLOCK: tl.constexpr):
    row, lane = tl.program_id(0), tl.arange(0, BLOCK)
    x = tl.load(x_ptr + row * columns + lane, mask=lane < columns, other=0).to(tl.float32)
    deviation = tl.where(lane < columns, x - tl.sum(x, axis=0) / columns, 0.0)
    tl.store(y_ptr + row, tl.sqrt(tl.sum(deviation * deviation, axis=0) / tl.maximum(columns - correction, 0)))


def std(input, dim=None, correction=1, keepdim=False, out=None):
    if isinstance(dim, tuple):
        dim = dim[0]
    x = input.reshape(-1) if dim is None else input.movedim(dim, -1)
    result = torch.empty(x.shape[:-1], dtype=x.dtype, device=x.device)
    columns = x.shape[-1]
    std_kernel[(result.numel(),)](x.contiguous(), result, columns, correction, BLOCK=triton.next_power_of_2(columns))
    if keepdim:
        result = result.reshape([1] * input.ndim) if dim is None else result.unsqueeze(dim)
    return result if out is None else out.copy_(result)
