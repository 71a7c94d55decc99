"""Is made of small device functions that call each other."""

import torch
import triton
import triton.language as tl


@triton.jit
def logistic(x):
    return 1 / (1 + tl.exp(-x))


@triton.jit
def gelu(x, TANH: tl.constexpr):
    if TANH:
        return x * logistic(1.5957691216057308 * (x + 0.044715 * x * x * x))
    else:
        return 0.5 * x * (1 + tl.erf(x * 0.7071067811865476))


@triton.jit
def load(ptr, offsets, inside):
    return tl.load(ptr + offsets, mask=inside, other=0).to(tl.float32)


@triton.jit
def add_gelu_kernel(x_ptr, z_ptr, y_ptr, count, alpha, TANH: tl.constexpr, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = offsets < count
    x = load(x_ptr, offsets, inside) + alpha * load(z_ptr, offsets, inside)
    tl.store(y_ptr + offsets, gelu(x, TANH), mask=inside)


def fused_add_gelu(input, other, alpha=1, approximate="none", out=None):
    if not isinstance(other, torch.Tensor):
        other = torch.full((), other, dtype=torch.float32, device=input.device)
    x, z = (each.contiguous() for each in torch.broadcast_tensors(input, other))
    result = torch.empty(x.shape, dtype=input.dtype, device=input.device)
    count = result.numel()
    add_gelu_kernel[(triton.cdiv(count, 1024),)](
        x, z, result, count, float(alpha), TANH=approximate == "tanh", BLOCK=1024
    )
    return result if out is None else out.copy_(result)
