"""Writes straight into `out`, which may be one of the inputs, and passes numbers as they are."""

import torch
import triton
import triton.language as tl


@triton.jit
def fused_kernel(x_ptr, a_ptr, b_ptr, y_ptr, alpha, a, b, count, A: tl.constexpr, B: tl.constexpr, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = offsets < count
    x = tl.load(x_ptr + offsets, mask=inside, other=0).to(tl.float32)
    factor = tl.load(a_ptr + offsets, mask=inside, other=0).to(tl.float32) if A else a
    subtrahend = tl.load(b_ptr + offsets, mask=inside, other=0).to(tl.float32) if B else b
    tl.store(y_ptr + offsets, x * factor - alpha * subtrahend, mask=inside)


def fused_mul_sub(input, other_mul, other_sub, alpha=1, out=None):
    tensors = [part for part in (input, other_mul, other_sub) if isinstance(part, torch.Tensor)]
    shape = torch.broadcast_tensors(*tensors)[0].shape
    spread = lambda value: value.expand(shape).contiguous() if isinstance(value, torch.Tensor) else value  # noqa: E731
    x, a, b = spread(input), spread(other_mul), spread(other_sub)
    direct = out is not None and out.is_contiguous()
    result = out if direct else torch.empty(shape, dtype=input.dtype, device=input.device)
    if x.numel():
        are = isinstance(a, torch.Tensor), isinstance(b, torch.Tensor)
        fused_kernel[(triton.cdiv(x.numel(), 512),)](
            x, a if are[0] else x, b if are[1] else x, result, alpha, 0.0 if are[0] else a, 0.0 if are[1] else b,
            x.numel(), A=are[0], B=are[1], BLOCK=512,
        )  # fmt: skip
    return result if out is None or direct else out.copy_(result)
