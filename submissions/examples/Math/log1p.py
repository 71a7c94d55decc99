"""log(1 + x) that stays accurate for tiny x by dividing out the rounding error of 1 + x."""

import torch
import triton
import triton.language as tl


@triton.jit
def log1p_kernel(x_ptr, y_ptr, count, COMPUTE: tl.constexpr, BLOCK: tl.constexpr):
    offsets = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = offsets < count
    x = tl.load(x_ptr + offsets, mask=inside, other=0).to(COMPUTE)
    # shifted - 1 is exactly what was added to 1, and log(shifted) / (shifted - 1) varies slowly: the rounding cancels.
    shifted = 1.0 + x
    added = shifted - 1.0
    trivial = (added == 0) | (shifted == float("inf"))
    y = tl.where(trivial, x, tl.log(shifted) * (x / tl.where(trivial, 1.0, added)))
    tl.store(y_ptr + offsets, y, mask=inside)


def log1p(input, out=None):
    x = input.contiguous()
    if out is not None and out.resize_(x.shape).is_contiguous():
        result = out
    else:
        dtype = x.dtype if x.is_floating_point() else torch.get_default_dtype()
        result = torch.empty(x.shape, dtype=dtype, device=x.device)
    compute = tl.float64 if torch.float64 in (x.dtype, result.dtype) else tl.float32
    log1p_kernel[(triton.cdiv(x.numel(), 1024),)](x, result, x.numel(), COMPUTE=compute, BLOCK=1024)
    return result if out is None or out is result else out.copy_(result)
