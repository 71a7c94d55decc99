"""base ** exponent as a power of two: exponents exact to float64, their fractions to exp2. Bound by memory.

With e = exponent * log2(base), 2 ** e is 2 ** floor(e) * 2 ** (e - floor(e)): the size of an exponent costs no digits.
The second half is counted from the end, as `torch.linspace` does: both ends are exact. Numbers are handed over as
the bits of float64, which a Triton argument would round to float32.
"""

from __future__ import annotations

import math
import struct

import torch
import triton
import triton.language as tl


@triton.jit
def end_value(ptr, bits):
    """Return an end in float64: loaded, or from its bits."""
    if ptr is not None:
        return tl.load(ptr).to(tl.float64)
    else:
        return tl.full((), bits, tl.int64).to(tl.float64, bitcast=True)


@triton.jit(do_not_specialize=["start_bits", "end_bits", "log_bits"])
def logspace_kernel(
    y_ptr, start_ptr, end_ptr, start_bits, end_bits, log_bits, steps, COMPUTE: tl.constexpr, BLOCK: tl.constexpr
):  # fmt: skip
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    start, end = end_value(start_ptr, start_bits), end_value(end_ptr, end_bits)
    step = (end - start) / tl.maximum(steps - 1, 1).to(tl.float64)
    first = at < (steps + 1) // 2
    exponent = tl.where(first, start + step * at.to(tl.float64), end - step * (steps - 1 - at).to(tl.float64))
    exponent *= end_value(None, log_bits)
    whole = tl.floor(exponent)
    y = tl.exp2((exponent - whole).to(COMPUTE)) * tl.exp2(whole.to(COMPUTE))
    tl.store(y_ptr + at, y, mask=at < steps)


def bits(number: float) -> int:
    """Return the bits of a float64."""
    return int(struct.unpack("<q", struct.pack("<d", number))[0])


def logspace(
    start: float | torch.Tensor,
    end: float | torch.Tensor,
    steps: int,
    base: float = 10.0,
    dtype: torch.dtype | None = None,
    layout: torch.layout | None = None,
    device: torch.device | str | None = None,
    requires_grad: bool = False,
) -> torch.Tensor:
    if not base > 0:
        raise ValueError(f"a positive base is needed, not {base}")
    tensors = [value for value in (start, end) if torch.is_tensor(value)]
    device = device or (tensors[0].device if tensors else "cuda")
    result = torch.empty(steps, dtype=dtype or torch.get_default_dtype(), layout=layout or torch.strided, device=device)
    if steps:
        ends = [(value, 0) if torch.is_tensor(value) else (None, bits(value)) for value in (start, end)]
        logspace_kernel[(triton.cdiv(steps, 1024),)](
            result, ends[0][0], ends[1][0], ends[0][1], ends[1][1], bits(math.log2(base)), steps,
            COMPUTE=tl.float64 if result.dtype == torch.float64 else tl.float32, BLOCK=1024,
        )  # fmt: skip
    return result.requires_grad_(requires_grad)
