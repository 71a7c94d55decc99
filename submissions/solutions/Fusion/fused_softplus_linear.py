"""Softplus of x @ weight.T + bias as the product's epilogue: one kernel, nothing stored in between."""

import triton
import triton.language as tl
from _common.products import linear
from triton.language.extra import libdevice


@triton.jit
def softplus(total, batch, row, column, inside, extra):
    beta, threshold = extra
    scaled = total * beta
    return tl.where(scaled > threshold, total, libdevice.log1p(tl.exp(tl.minimum(scaled, threshold))) / beta)


def fused_softplus_linear(input, weight, bias=None, beta=1, threshold=20):
    return linear(input, weight, bias, softplus, (float(beta), float(threshold)))
