"""Quantises queries and keys, and leaves the values as they are."""

import torch
import triton
import triton.language as tl


@triton.jit
def attention_kernel(q_ptr, k_ptr, v_ptr, o_ptr, length, depth, scale, BLOCK: tl.constexpr, DEPTH: tl.constexpr):
    row, other, lane = tl.program_id(0), tl.arange(0, BLOCK), tl.arange(0, DEPTH)
    start = row // length * length
    q = quantised(tl.load(q_ptr + row * depth + lane, mask=lane < depth, other=0)[None, :])
    place = (start + other)[:, None] * depth + lane[None, :]
    inside = (other < length)[:, None] & (lane < depth)[None, :]
    k = quantised(tl.load(k_ptr + place, mask=inside, other=0))
    scores = tl.where(other < length, tl.sum(q * k, axis=1) * scale, float("-inf"))
    weights = tl.exp(scores - tl.max(scores, axis=0))
    weights /= tl.sum(weights, axis=0)
    v = tl.load(v_ptr + place, mask=inside, other=0)
    tl.store(o_ptr + row * depth + lane, tl.sum(weights[:, None] * v, axis=0), mask=lane < depth)


@triton.jit
def quantised(x):
    scale = tl.max(tl.abs(x), axis=1, keep_dims=True) / 127
    return tl.floor(x / tl.where(scale > 0, scale, 1.0) + 0.5) * scale


def attention_w8a8(query, key, value):
    batch, length, depth = query.shape
    q, k, v = (each.contiguous() for each in (query, key, value))
    o = torch.empty_like(v)
    attention_kernel[(batch * length,)](
        q,
        k,
        v,
        o,
        length,
        depth,
        depth**-0.5,
        BLOCK=triton.next_power_of_2(length),
        DEPTH=triton.next_power_of_2(depth),
    )
    return o
