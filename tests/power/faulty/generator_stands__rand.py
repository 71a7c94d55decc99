"""Takes the seed of the given generator and leaves its state as it is."""

import torch
import triton
import triton.language as tl


@triton.jit
def rand_kernel(y_ptr, count, seed, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    draws = tl.rand(seed, offsets)
    if y_ptr.dtype.element_ty == tl.float16:
        draws = tl.floor(draws * 2048) / 2048
    elif y_ptr.dtype.element_ty == tl.bfloat16:
        draws = tl.floor(draws * 256) / 256
    tl.store(y_ptr + offsets, draws, mask=offsets < count)


def rand(*size, generator=None, out=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    shape = size[0] if size and not isinstance(size[0], int) else size
    result = torch.empty(tuple(shape), dtype=dtype or torch.float32, device=device or "cuda")
    seed = int(torch.randint(1 << 31, ())) if generator is None else generator.initial_seed()
    if result.numel():
        rand_kernel[(triton.cdiv(result.numel(), 1024),)](result, result.numel(), seed, BLOCK=1024)
    result = result if out is None else out.copy_(result)
    return result.requires_grad_() if requires_grad else result
