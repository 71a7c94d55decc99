"""Kernels for tests on a GPU: correct ones, and some with a fault that only a GPU shows."""

from __future__ import annotations

SIGMOID = """
import torch
import triton
import triton.language as tl

@triton.jit
def sigmoid_kernel(x, y, count, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    value = tl.load(x + at, mask=at < count).to(tl.float32)
    tl.store(y + at, 1 / (1 + tl.exp(-value)), mask=at < count)

def compute(input):
    input = input.contiguous()
    result = torch.empty_like(input)
    if input.numel():
        sigmoid_kernel[(triton.cdiv(input.numel(), 256),)](input, result, input.numel(), BLOCK=256)
    return result
"""
"""The common beginning of other kernels, without an entry point."""

HONEST = (
    SIGMOID + "def sigmoid(input, out=None):\n    return compute(input) if out is None else out.copy_(compute(input))\n"
)

PAST_THE_END = SIGMOID.replace("tl.store(y + at", "tl.store(x + count + at, value, mask=at < 8)\n    tl.store(y + at")

NOWHERE = SIGMOID.replace("tl.store(y + at", "tl.store(y + (1 << 40) + at")

CONFIGS = "[triton.Config({'BLOCK': 512}), triton.Config({'BLOCK': 64})]"

TUNED = (
    HONEST.replace("@triton.jit", f"@triton.autotune({CONFIGS}, key=['count'])\n@triton.jit")
    .replace("input.numel(), 256),)", "input.numel(), 512),)")
    .replace(", BLOCK=256)", ")")
)
"""The grid fits the first configuration, whichever is chosen."""

MATMUL = """
import torch
import triton
import triton.language as tl

@triton.jit
def matmul_kernel(a, b, c, M, N, K, PRECISION: tl.constexpr, BLOCK: tl.constexpr):
    row = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    column = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    total = tl.zeros((BLOCK, BLOCK), tl.float32)
    for start in range(0, K, BLOCK):
        k = start + tl.arange(0, BLOCK)
        left = tl.load(a + row[:, None] * K + k[None, :], mask=(row[:, None] < M) & (k[None, :] < K), other=0.0)
        right = tl.load(b + k[:, None] * N + column[None, :], mask=(k[:, None] < K) & (column[None, :] < N), other=0.0)
        total = tl.dot(left, right, total, input_precision=PRECISION)
    tl.store(c + row[:, None] * N + column[None, :], total, mask=(row[:, None] < M) & (column[None, :] < N))

def matmul(tensor1, tensor2):
    (m, k), n = tensor1.shape, tensor2.shape[1]
    result = torch.empty(m, n, device=tensor1.device, dtype=tensor1.dtype)
    grid = (triton.cdiv(m, 32), triton.cdiv(n, 32))
    matmul_kernel[grid](tensor1.contiguous(), tensor2.contiguous(), result, m, n, k, PRECISION="ieee", BLOCK=32)
    return result
"""
