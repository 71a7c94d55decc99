"""Two Triton kernels for `on_a_gpu.py`: one reads the clocks of the GPU, one copies an array."""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def clocks(out):  # type: ignore[no-untyped-def]
    """Store the global timer (nanoseconds) and the clock of this multiprocessor (cycles)."""
    now = tl.inline_asm_elementwise("mov.u64 $0, %globaltimer;", "=l", [], dtype=tl.int64, is_pure=False, pack=1)
    cycles = tl.inline_asm_elementwise("mov.u64 $0, %clock64;", "=l", [], dtype=tl.int64, is_pure=False, pack=1)
    tl.store(out, now)
    tl.store(out + 1, cycles)


@triton.jit
def copy(source, target, count, BLOCK: tl.constexpr):  # type: ignore[no-untyped-def]
    """Copy `count` elements."""
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    tl.store(target + at, tl.load(source + at, mask=at < count), mask=at < count)
