"""Uniform numbers in [0, 1) from the counters of Philox, with as many random bits as the dtype holds below 1."""

import math

import torch
import triton
import triton.language as tl

BITS = {torch.float16: 11, torch.bfloat16: 8, torch.float32: 24, torch.float64: 53}


@triton.jit
def store_uniform(y_ptr, offsets, word, spare, count, BITS: tl.constexpr):
    # Rounding a finer number to the dtype could give 1; the leading bits alone are exact.
    leading = word.to(tl.uint32, bitcast=True)
    if BITS > 32:
        leading = (leading.to(tl.uint64) << 32) | spare.to(tl.uint32, bitcast=True).to(tl.uint64)
        uniform = (leading >> (64 - BITS)).to(tl.float64) * (1.0 / 2**BITS)
    else:
        uniform = (leading >> (32 - BITS)).to(tl.float32) * (1.0 / 2**BITS)
    tl.store(y_ptr + offsets, uniform, mask=offsets < count)


@triton.jit
def rand_kernel(y_ptr, count, seed, BITS: tl.constexpr, STRIPS: tl.constexpr, BLOCK: tl.constexpr):
    # One counter gives four words, which go to four strips of the block, or in pairs to two.
    counter = tl.program_id(0).to(tl.uint32) * BLOCK + tl.arange(0, BLOCK)
    word_0, word_1, word_2, word_3 = tl.randint4x(seed, counter)
    offsets = tl.program_id(0).to(tl.int64) * (STRIPS * BLOCK) + tl.arange(0, BLOCK)
    store_uniform(y_ptr, offsets, word_0, word_1, count, BITS)
    store_uniform(y_ptr, offsets + BLOCK, word_2, word_3, count, BITS)
    if STRIPS == 4:
        store_uniform(y_ptr, offsets + 2 * BLOCK, word_1, word_0, count, BITS)
        store_uniform(y_ptr, offsets + 3 * BLOCK, word_3, word_2, count, BITS)


def rand(
    *size,
    generator=None,
    out=None,
    dtype=None,
    layout=torch.strided,
    device=None,
    requires_grad=False,
    pin_memory=False,
):
    shape = tuple(size[0]) if len(size) == 1 and not isinstance(size[0], int) else size
    if out is None:
        result = torch.empty(shape, dtype=dtype or torch.get_default_dtype(), device=device or "cuda")
    else:
        result = out.resize_(shape) if out.is_contiguous() else torch.empty(shape, dtype=out.dtype, device=out.device)
    # The seed is drawn from torch's generator: torch.manual_seed makes runs repeat, and each call differs.
    source = "cpu" if generator is None else generator.device
    seed = torch.randint(2**62, (), generator=generator, device=source).item()
    strips = 2 if result.dtype == torch.float64 else 4
    rand_kernel[(triton.cdiv(math.prod(shape), strips * 256),)](
        result, math.prod(shape), seed, BITS=BITS[result.dtype], STRIPS=strips, BLOCK=256
    )
    result = result if out is None or result is out else out.copy_(result)
    return result.requires_grad_() if requires_grad else result
