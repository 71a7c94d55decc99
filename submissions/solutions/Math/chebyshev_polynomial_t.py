"""T_n(x) by its recurrence T_n = 2 x T_(n-1) - T_(n-2), unrolled for each degree. Bound by memory.

The recurrence is backward stable on [-1, 1], and grows as the polynomial does outside (Fox and Parker, Chebyshev
Polynomials in Numerical Analysis, 1968). cos(n arccos(x)) was dropped: it loses digits near 1.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.flat import lanes, unary


@triton.jit
def chebyshev_kernel(x_ptr, y_ptr, count, N: tl.constexpr, COMPUTE: tl.constexpr, BLOCK: tl.constexpr):
    at, inside = lanes(count, BLOCK)
    x = tl.load(x_ptr + at, mask=inside, other=0).to(COMPUTE)
    before, y = tl.full((BLOCK,), 1.0, COMPUTE), x
    for _ in tl.static_range(N - 1):
        before, y = y, 2.0 * x * y - before
    if N == 0:
        y = before
    tl.store(y_ptr + at, y, mask=inside)


def chebyshev_polynomial_t(input: torch.Tensor, n: int, out: torch.Tensor | None = None) -> torch.Tensor:
    return unary(chebyshev_kernel, input, out, N=n)
