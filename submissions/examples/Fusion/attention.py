"""Attention without the matrix of scores: key blocks stream past a query block whose softmax sums are rescaled."""

import math

import torch
import triton
import triton.language as tl


@triton.jit
def attention_kernel(
    q_ptr, k_ptr, v_ptr, y_ptr, heads, queries, keys, depth, scale,
    q_0, q_1, q_2, q_3, k_0, k_1, k_2, k_3, v_0, v_1, v_2, v_3, y_0, y_1, y_2, y_3,
    CAUSAL: tl.constexpr, BLOCK_Q: tl.constexpr, BLOCK_K: tl.constexpr, BLOCK_D: tl.constexpr,
):  # fmt: skip
    tiles = tl.cdiv(queries, BLOCK_Q)
    tile = tl.program_id(0) % tiles
    head = (tl.program_id(0) // tiles % heads).to(tl.int64)
    batch = (tl.program_id(0) // tiles // heads).to(tl.int64)
    q_ptr += batch * q_0 + head * q_1
    k_ptr += batch * k_0 + head * k_1
    v_ptr += batch * v_0 + head * v_1
    y_ptr += batch * y_0 + head * y_1

    query = tile.to(tl.int64) * BLOCK_Q + tl.arange(0, BLOCK_Q)[:, None]
    lane = tl.arange(0, BLOCK_D).to(tl.int64)[None, :]
    wanted = (query < queries) & (lane < depth)
    q = tl.load(q_ptr + query * q_2 + lane * q_3, mask=wanted, other=0)
    peak = tl.full((BLOCK_Q, 1), float("-inf"), tl.float32)
    total = tl.zeros((BLOCK_Q, 1), tl.float32)
    y = tl.zeros((BLOCK_Q, BLOCK_D), tl.float32)
    last = tl.minimum(keys, (tile + 1) * BLOCK_Q) if CAUSAL else keys
    place = tl.arange(0, BLOCK_K).to(tl.int64)
    step = tl.full((), BLOCK_K, tl.int64)  # times a stride it may need more than 32 bits
    k_tile = k_ptr + place[:, None] * k_2 + lane * k_3
    v_tile = v_ptr + place[:, None] * v_2 + lane * v_3
    for start in range(0, last, BLOCK_K):
        present = (start + place < keys)[:, None] & (lane < depth)
        k = tl.load(k_tile, mask=present, other=0)
        v = tl.load(v_tile, mask=present, other=0)
        seen = (start + place < keys)[None, :]
        if CAUSAL:
            seen = seen & ((start + place)[None, :] <= query)
        score = tl.where(seen, tl.dot(q, tl.trans(k), input_precision="ieee") * scale, float("-inf"))
        # Every query sees key 0, so that the peak is finite from the first block on.
        higher = tl.maximum(peak, tl.max(score, axis=1, keep_dims=True))
        share = tl.exp(score - higher)
        decay = tl.exp(peak - higher)
        total = total * decay + tl.sum(share, axis=1, keep_dims=True)
        y = tl.dot(share.to(v.dtype), v, y * decay, input_precision="ieee")
        peak = higher
        k_tile += step * k_2
        v_tile += step * v_2
    tl.store(y_ptr + query * y_2 + lane * y_3, y / total, mask=wanted)


def attention(q, k, v, causal=False, softmax_scale=None, *, out=None):
    batch, heads, queries, depth = q.shape
    result = torch.empty(q.shape, dtype=q.dtype, device=q.device) if out is None else out.resize_(q.shape)
    scale = 1 / math.sqrt(depth) if softmax_scale is None else softmax_scale
    block_d = max(16, triton.next_power_of_2(depth))
    in_registers = q.dtype == torch.float32  # tensor cores do not multiply in float32, and large tiles spill
    block = 16384 // (block_d * q.element_size())  # 16 KiB of shared memory each for q, k and v
    block = max(16, min(32 if in_registers else 64, block))
    attention_kernel[(batch * heads * triton.cdiv(queries, block),)](
        q, k, v, result, heads, queries, k.shape[2], depth, float(scale),
        *q.stride(), *k.stride(), *v.stride(), *result.stride(),
        CAUSAL=causal, BLOCK_Q=block, BLOCK_K=block, BLOCK_D=block_d,
        num_warps=8 if in_registers else 4, num_stages=2,
    )  # fmt: skip
    return result
