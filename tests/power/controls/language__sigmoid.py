"""Uses much of the language: `and` between blocks, chained helpers, constants of all kinds, a descriptor, branches."""

import torch
import triton
import triton.language as tl
from triton.tools.tensor_descriptor import TensorDescriptor

ONE = tl.constexpr(1.0)


@triton.jit
def limits(length: tl.constexpr, ROW: tl.constexpr):
    rows: tl.constexpr = length.value // ROW.value
    return rows


@triton.jit
def logistic(x, positive):
    e = tl.exp(-tl.abs(x))
    return tl.where(positive, ONE / (ONE + e), e / (ONE + e)), e


@triton.jit
def scattered(x_ptr, y_ptr, count, columns, BLOCK: tl.constexpr, ROW: tl.constexpr):
    rows: tl.constexpr = BLOCK // ROW
    row = (tl.program_id(0) * rows + tl.arange(0, rows))[:, None]
    column = tl.arange(0, ROW)[None, :]
    place = row * columns + column
    inside = place >= 0 and column < columns and place < count
    x = tl.load(x_ptr + place, mask=inside and not place >= count, other=0.0).to(tl.float32)
    y, e = logistic(x, x > 0 or x == 0)
    total = 0
    for turn in tl.static_range(limits(BLOCK, ROW) - limits(BLOCK, ROW) + 2):
        total += turn
    if total == 1 and count > 0:
        tl.store(y_ptr + place, y, mask=inside)


@triton.jit
def described(source, target, BLOCK: tl.constexpr):
    start = tl.program_id(0) * BLOCK
    x = source.load([start]).to(tl.float32)
    target.store([start], (1 / (1 + tl.exp(-x))).to(target.dtype))


def sigmoid(input, out=None):
    x = input.contiguous()
    result = torch.empty(input.shape, dtype=input.dtype, device=input.device)
    count = x.numel()
    if count and x.data_ptr() % 16 == 0 and x.dtype == torch.float32:
        flat = [TensorDescriptor(each.view(-1), [count], [1], [256]) for each in (x, result)]
        described[(triton.cdiv(count, 256),)](*flat, BLOCK=256)
    elif count:
        scattered[(triton.cdiv(count, 256),)](x, result, count, 32, BLOCK=256, ROW=32)
    return result if out is None else out.copy_(result)
