"""LU decomposition in panels of columns that registers hold, with a program a matrix and one a tile. Bound by latency.

The right-looking algorithm of LAPACK's getrf (Golub and Van Loan, Matrix Computations, section 3.4). A column of the
panel waits for the one before it, and all of its rows take part in finding the pivot. A launch for each column was
dropped: it reads and writes the whole matrix each time.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.complex_numbers import chosen, real_dtype
from _common.elimination import eliminate
from _common.flat import lanes
from _common.planes import batched, destination, finished, load, number, operand, store

BLOCK = 1024


@triton.jit
def part_kernel(
    factors, places_ptr, part, count, rows, columns, m, PART: tl.constexpr, COMPUTE: tl.constexpr, BLOCK: tl.constexpr
):
    at, inside = lanes(count, BLOCK)
    batch, row, column = at // columns // rows, at // columns % rows, at % columns
    if PART == "P":
        one = tl.load(places_ptr + batch * m + column, mask=inside, other=0) == row
        stored = inside & (column < 0)
    else:
        one = (row == column) & (PART == "L")
        stored = inside & ((row > column) if PART == "L" else (row <= column))
    x = load(factors, batch, row, column, stored, False, COMPUTE)
    store(part, batch, row, column, inside, chosen(one, number(one.to(COMPUTE), x), x), False)


def lu(
    A: torch.Tensor, pivot: bool = True, out: tuple[torch.Tensor, torch.Tensor, torch.Tensor] | None = None
) -> tuple[torch.Tensor, ...]:
    batch, (m, n) = A.shape[:-2], A.shape[-2:]
    rank = min(m, n)
    factors, places, _ = eliminate(batched(A), pivot)
    shapes = {"P": (*batch, m, m) if pivot else (0,), "L": (*batch, m, rank), "U": (*batch, rank, n)}
    results = []
    for (name, shape), given in zip(shapes.items(), out or (None, None, None), strict=True):
        result = destination(given, shape, A)
        if result.numel():
            target = batched(result)
            part_kernel[(triton.cdiv(result.numel(), BLOCK),)](
                operand(factors), places, operand(target), result.numel(), *target.shape[1:], m,
                PART=name, COMPUTE=real_dtype(A), BLOCK=BLOCK,
            )  # fmt: skip
        results.append(finished(given, result))
    return tuple(results)
