"""Multiplies indices and strides in 32 bits: wrong beyond 2^31 elements, which no activation has."""

import torch
import triton
import triton.language as tl


@triton.jit
def gelu_kernel(
    x_ptr, y_ptr, count, size_1, size_2, size_3, stride_0, stride_1, stride_2, stride_3,
    TANH: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = offsets < count
    place = offsets % size_3 * stride_3 + offsets // size_3 % size_2 * stride_2
    place += offsets // (size_3 * size_2) % size_1 * stride_1 + offsets // (size_3 * size_2 * size_1) * stride_0
    x = tl.load(x_ptr + place, mask=inside, other=0).to(tl.float32)
    if TANH:
        y = x / (1 + tl.exp(-1.5957691216057308 * (x + 0.044715 * x * x * x)))
    else:
        y = 0.5 * x * (1 + tl.erf(x * 0.7071067811865476))
    tl.store(y_ptr + offsets, y, mask=inside)


def gelu(input, approximate="none"):
    result = torch.empty(input.shape, dtype=input.dtype, device=input.device)
    count = input.numel()
    shape = [1] * (4 - input.ndim) + list(input.shape)
    stride = [0] * (4 - input.ndim) + list(input.stride())
    gelu_kernel[(triton.cdiv(count, 1024),)](
        input, result, count, *shape[1:], *stride, TANH=approximate == "tanh", BLOCK=1024
    )
    return result
