"""Returns the dtype of the input although another one is asked for."""

import torch
import triton
import triton.language as tl


@triton.jit
def sum_kernel(x_ptr, y_ptr, columns, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    total = tl.zeros((BLOCK,), tl.float32)
    for start in range(0, columns, BLOCK):
        lane = start + tl.arange(0, BLOCK)
        total += tl.load(x_ptr + row * columns + lane, mask=lane < columns, other=0).to(tl.float32)
    tl.store(y_ptr + row, tl.sum(total, axis=0))


def sum(input, dim, keepdim=False, dtype=None):
    dims = (
        range(input.ndim) if dim is None else [axis % input.ndim for axis in ([dim] if isinstance(dim, int) else dim)]
    )
    kept = [axis for axis in range(input.ndim) if axis not in dims]
    shape = [1 if axis in dims else input.shape[axis] for axis in range(input.ndim) if keepdim or axis not in dims]
    x = input.permute(*kept, *dims).contiguous()
    result = torch.empty(shape, dtype=x.dtype, device=x.device)
    sum_kernel[(result.numel(),)](x, result, input.numel() // max(1, result.numel()), BLOCK=1024)
    return result
