"""Householder's QR, one launch for R and one for Q: a program holds some columns in registers as one block.

Bound by latency: each reflection needs the one before it. See Golub and Van Loan, Matrix Computations, 5.2.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from _common.complex_numbers import delivered
from _common.reflections import factored, unitary


def qr(A: torch.Tensor, mode: str = "reduced", out: Sequence[torch.Tensor] | None = None) -> tuple[torch.Tensor, ...]:
    if mode not in ("reduced", "complete", "r"):
        raise ValueError(f"mode is reduced, complete or r, not {mode!r}")
    *batch, m, n = A.shape
    side = m if mode == "complete" else min(m, n)
    u, r = factored(A, side)
    q = A.new_empty(0) if mode == "r" else unitary(u, tuple(batch), side, A.dtype)
    return delivered((q, r), out)
