"""Matrix product in tiles with float32 accumulators. Bound by arithmetic on large matrices, else by memory."""

from _common.products import matmul


def matmul_fp16(input, other):
    return matmul(input, other)
