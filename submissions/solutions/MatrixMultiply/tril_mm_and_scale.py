"""beta * alpha * (tril(A) @ B): the upper triangle is masked when A is read. Bound by arithmetic."""

import triton
from _common.products import product


@triton.jit
def scaled(total, batch, row, column, inside, extra):
    return total * extra[0]


def tril_mm_and_scale(A, B, alpha, beta):
    return product(A[None], B[None], epilogue=scaled, extra=(float(alpha * beta),), lower=True)[0]
