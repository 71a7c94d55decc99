"""Launches one kernel for the means and a second one for the deviations from them."""

import torch
import triton
import triton.language as tl


@triton.jit
def mean_kernel(x_ptr, mean_ptr, columns, BLOCK: tl.constexpr):
    row, total = tl.program_id(0), tl.zeros((BLOCK,), tl.float32)
    # The mean of what is left after the first element is exact where all elements are alike.
    first = tl.load(x_ptr + row * columns).to(tl.float32)
    for start in range(0, columns, BLOCK):
        lane = start + tl.arange(0, BLOCK)
        x = tl.load(x_ptr + row * columns + lane, mask=lane < columns, other=0).to(tl.float32)
        total += tl.where(lane < columns, x - first, 0.0)
    tl.store(mean_ptr + row, first + tl.sum(total, axis=0) / columns)


@triton.jit
def deviation_kernel(x_ptr, mean_ptr, y_ptr, columns, correction, BLOCK: tl.constexpr):
    row, squares = tl.program_id(0), tl.zeros((BLOCK,), tl.float32)
    mean = tl.load(mean_ptr + row)
    for start in range(0, columns, BLOCK):
        lane = start + tl.arange(0, BLOCK)
        x = tl.load(x_ptr + row * columns + lane, mask=lane < columns, other=0).to(tl.float32)
        deviation = tl.where(lane < columns, x - mean, 0.0)
        squares += deviation * deviation
    tl.store(y_ptr + row, tl.sqrt(tl.sum(squares, axis=0) / tl.maximum(columns - correction, 0)))


def std(input, dim=None, correction=1, keepdim=False, out=None):
    dims = (
        range(input.ndim) if dim is None else [axis % input.ndim for axis in ([dim] if isinstance(dim, int) else dim)]
    )
    kept = [axis for axis in range(input.ndim) if axis not in dims]
    shape = [1 if axis in dims else input.shape[axis] for axis in range(input.ndim) if keepdim or axis not in dims]
    x = input.permute(*kept, *dims).contiguous()
    result = torch.empty(shape, dtype=x.dtype, device=x.device)
    mean = torch.empty(result.numel(), dtype=torch.float32, device=x.device)
    columns = x.numel() // max(1, result.numel())
    block = min(triton.next_power_of_2(columns), 4096)
    mean_kernel[(result.numel(),)](x, mean, columns, BLOCK=block)
    deviation_kernel[(result.numel(),)](x, mean, result, columns, correction, BLOCK=block)
    return result if out is None else out.copy_(result)
