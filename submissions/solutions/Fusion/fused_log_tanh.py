"""tanh(log(x)) in one pass. Bound by memory: one read, one write."""

import triton
import triton.language as tl
from _common.flat import lanes, unary
from triton.language.extra import libdevice


@triton.jit
def fused_log_tanh_kernel(x_ptr, y_ptr, count, COMPUTE: tl.constexpr, BLOCK: tl.constexpr):
    at, inside = lanes(count, BLOCK)
    x = tl.load(x_ptr + at, mask=inside, other=1).to(COMPUTE)
    tl.store(y_ptr + at, libdevice.tanh(tl.log(x)), mask=inside)


def fused_log_tanh(input, out=None):
    return unary(fused_log_tanh_kernel, input, out)
