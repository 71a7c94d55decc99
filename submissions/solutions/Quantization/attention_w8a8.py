"""W8A8 attention of integer products alone: probabilities take the scales of the values and become int8 codes.

Key blocks stream past a query block twice: first for the peak and the sum of its softmax, which are rescaled on the
way (Milakov and Gimelshein, Online Normalizer Calculation for Softmax, 2018), and for the largest weight, which gives
the scale of its codes; then for the codes and their product with the values. Bound by arithmetic. One pass, with
weights in float32, was dropped: tensor cores do not multiply these exactly.
"""

from __future__ import annotations

import math

import torch
import triton
import triton.language as tl
from _common.quantising import codes, quantised_rows

LONGEST = 2**31 // 127**2
"""Keys whose products with codes an int32 can add up."""


@triton.jit
def scores(q, q_scale, k_ptr, k_scale_ptr, first, start, keys, depth, BLOCK_K: tl.constexpr, BLOCK_D: tl.constexpr):
    """Return the scores of a block of keys, -inf behind the last one."""
    key = start + tl.arange(0, BLOCK_K).to(tl.int64)
    lane = tl.arange(0, BLOCK_D).to(tl.int64)
    inside = (lane < depth)[:, None] & (key < keys)[None, :]
    k = tl.load(k_ptr + (first + key)[None, :] * depth + lane[:, None], mask=inside, other=0)
    k_scale = tl.load(k_scale_ptr + first + key, mask=key < keys, other=0)[None, :]
    score = tl.dot(q, k, out_dtype=tl.int32).to(tl.float32) * (q_scale * k_scale)
    return tl.where((key < keys)[None, :], score, float("-inf"))


@triton.jit
def attention_kernel(
    q_ptr, k_ptr, v_ptr, q_scale_ptr, k_scale_ptr, v_scale_ptr, y_ptr, queries, keys, depth, factor,
    BLOCK_Q: tl.constexpr, BLOCK_K: tl.constexpr, BLOCK_D: tl.constexpr,
):  # fmt: skip
    tiles = tl.cdiv(queries, BLOCK_Q)
    batch = (tl.program_id(0) // tiles).to(tl.int64)
    query = (tl.program_id(0) % tiles).to(tl.int64) * BLOCK_Q + tl.arange(0, BLOCK_Q)[:, None]
    lane = tl.arange(0, BLOCK_D).to(tl.int64)[None, :]
    row, first = batch * queries + query, batch * keys
    wanted = (query < queries) & (lane < depth)
    q = tl.load(q_ptr + row * depth + lane, mask=wanted, other=0)
    q_scale = tl.load(q_scale_ptr + row, mask=query < queries, other=0) * factor

    peak = tl.full((BLOCK_Q, 1), float("-inf"), tl.float32)
    total = tl.zeros((BLOCK_Q, 1), tl.float32)
    largest = tl.zeros((BLOCK_Q, 1), tl.float32)
    for start in range(0, keys, BLOCK_K):
        score = scores(q, q_scale, k_ptr, k_scale_ptr, first, start, keys, depth, BLOCK_K, BLOCK_D)
        # Every block has a key, so that the peak is finite from the first one on.
        higher = tl.maximum(peak, tl.max(score, axis=1, keep_dims=True))
        share, decay = tl.exp(score - higher), tl.exp(peak - higher)
        total = total * decay + tl.sum(share, axis=1, keep_dims=True)
        key = start + tl.arange(0, BLOCK_K)
        v_scale = tl.load(v_scale_ptr + first + key, mask=key < keys, other=0)[None, :]
        largest = tl.maximum(largest * decay, tl.max(share * v_scale, axis=1, keep_dims=True))
        peak = higher

    scale = largest / 127.0
    y = tl.zeros((BLOCK_Q, BLOCK_D), tl.int32)
    for start in range(0, keys, BLOCK_K):
        score = scores(q, q_scale, k_ptr, k_scale_ptr, first, start, keys, depth, BLOCK_K, BLOCK_D)
        key = start + tl.arange(0, BLOCK_K)
        v_scale = tl.load(v_scale_ptr + first + key, mask=key < keys, other=0)[None, :]
        weight = codes(tl.exp(score - peak) * v_scale, scale)
        inside = (key < keys)[:, None] & (lane < depth)
        v = tl.load(v_ptr + (first + key)[:, None] * depth + lane, mask=inside, other=0)
        y += tl.dot(weight, v, out_dtype=tl.int32)
    tl.store(y_ptr + row * depth + lane, y.to(tl.float32) * (scale / total), mask=wanted)


def attention_w8a8(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    batch, queries, depth = query.shape
    keys = key.shape[1]
    if keys > LONGEST:
        raise ValueError(f"at most {LONGEST} keys, not {keys}: their sums would not fit an int32")
    (q, q_scale), (k, k_scale), (v, v_scale) = (
        quantised_rows(each.reshape(batch * each.shape[1], depth)) for each in (query, key, value)
    )
    result = torch.empty((batch, queries, depth), dtype=query.dtype, device=query.device)
    block_d = max(32, triton.next_power_of_2(depth))  # the tensor cores want 32 terms of int8 at least
    block = max(32, min(64, 8192 // block_d))
    attention_kernel[(batch * triton.cdiv(queries, block),)](
        q, k, v, q_scale, k_scale, v_scale, result, queries, keys, depth, 1 / math.sqrt(depth),
        BLOCK_Q=block, BLOCK_K=block, BLOCK_D=block_d, num_warps=8 if block_d > 64 else 4,
    )  # fmt: skip
    return result
