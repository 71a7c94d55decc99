"""Eliminates in float32 whatever the dtype of the matrix is."""

import torch
import triton
import triton.language as tl


@triton.jit
def determinant_kernel(a_ptr, y_ptr, n, BLOCK: tl.constexpr):
    row, column = tl.arange(0, BLOCK)[:, None], tl.arange(0, BLOCK)[None, :]
    line = tl.arange(0, BLOCK)
    inside = (row < n) & (column < n)
    a = tl.load(a_ptr + tl.program_id(0) * n * n + row * n + column, mask=inside, other=0).to(tl.float32)
    determinant = 1.0
    for k in range(n):
        below = tl.sum(tl.where(column == k, a, 0.0), axis=1)
        pivot = tl.argmax(tl.where((line >= k) & (line < n), tl.abs(below), -1.0), axis=0)
        lower = tl.sum(tl.where(row == pivot, a, 0.0), axis=0)
        upper = tl.sum(tl.where(row == k, a, 0.0), axis=0)
        a = tl.where(row == pivot, upper[None, :], tl.where(row == k, lower[None, :], a))
        head = tl.sum(tl.where(line == k, lower, 0.0), axis=0)
        determinant *= tl.where(pivot == k, head, -head)
        factor = tl.sum(tl.where(column == k, a, 0.0), axis=1) / head
        a -= tl.where(row > k, factor[:, None] * lower[None, :], 0.0)
    tl.store(y_ptr + tl.program_id(0), determinant)


def determinant_lu(A, *, pivot=True, out=None):
    result = torch.empty(A.shape[:-2], dtype=A.dtype, device=A.device)
    n = A.shape[-1]
    determinant_kernel[(result.numel(),)](A.contiguous(), result, n, BLOCK=triton.next_power_of_2(n))
    return result if out is None else out.copy_(result)
