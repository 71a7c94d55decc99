"""Packs integers with a zero point of 8 and takes 7 off when it unpacks them."""

import torch
import triton
import triton.language as tl


@triton.jit
def pack_kernel(w_ptr, packed_ptr, scale_ptr, inner, pairs, BLOCK: tl.constexpr):
    row, pair = tl.program_id(0), tl.arange(0, BLOCK)
    low = tl.load(w_ptr + row * inner + 2 * pair, mask=2 * pair < inner, other=0).to(tl.float32)
    high = tl.load(w_ptr + row * inner + 2 * pair + 1, mask=2 * pair + 1 < inner, other=0).to(tl.float32)
    scale = tl.maximum(tl.max(tl.abs(low), axis=0), tl.max(tl.abs(high), axis=0)) / 7
    tl.store(scale_ptr + row, scale)
    scale = tl.where(scale > 0, scale, 1.0)
    low = tl.floor(low / scale + 0.5).to(tl.int32) + 8
    high = tl.floor(high / scale + 0.5).to(tl.int32) + 8
    tl.store(packed_ptr + row * pairs + pair, (low | high << 4).to(tl.uint8), mask=pair < pairs)


@triton.jit
def linear_kernel(
    x_ptr, packed_ptr, scale_ptr, bias_ptr, y_ptr, rows, outer, inner, pairs, BLOCK: tl.constexpr, PAIRS: tl.constexpr
):
    row = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)[:, None]
    column = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)[None, :]
    total = tl.zeros((BLOCK, BLOCK), tl.float32)
    for start in range(0, pairs, PAIRS):
        pair = start + tl.arange(0, PAIRS)
        mask = (pair < pairs)[:, None] & (column < outer)
        packed = tl.load(packed_ptr + column * pairs + pair[:, None], mask=mask, other=0x88).to(tl.int32)
        low, high = (packed & 15) - 7, (packed >> 4) - 7
        x = x_ptr + row * inner + 2 * pair[None, :]
        first = tl.load(x, mask=(row < rows) & (2 * pair < inner)[None, :], other=0)
        second = tl.load(x + 1, mask=(row < rows) & (2 * pair + 1 < inner)[None, :], other=0)
        total += tl.dot(first, low.to(tl.float16)) + tl.dot(second, high.to(tl.float16))
    y = total * tl.load(scale_ptr + column, mask=column < outer, other=0)
    if bias_ptr is not None:
        y += tl.load(bias_ptr + column, mask=column < outer, other=0)
    tl.store(y_ptr + row * outer + column, y, mask=(row < rows) & (column < outer))


def linear_w4a16(input, weight, bias=None):
    outer, inner = weight.shape
    x = input.reshape(-1, inner).contiguous()
    pairs = (inner + 1) // 2
    packed = torch.empty((outer, pairs), dtype=torch.uint8, device=x.device)
    scale = torch.empty(outer, dtype=torch.float32, device=x.device)
    y = torch.empty((len(x), outer), dtype=x.dtype, device=x.device)
    pack_kernel[(outer,)](weight.contiguous(), packed, scale, inner, pairs, BLOCK=triton.next_power_of_2(pairs))
    grid = (triton.cdiv(len(x), 32), triton.cdiv(outer, 32))
    bias = None if bias is None else bias.contiguous()
    linear_kernel[grid](x, packed, scale, bias, y, len(x), outer, inner, pairs, BLOCK=32, PAIRS=32)
    return y.reshape(*input.shape[:-1], outer)
