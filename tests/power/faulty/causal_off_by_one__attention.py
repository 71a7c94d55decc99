"""Lets each query see one position of the future."""

import torch
import triton
import triton.language as tl


@triton.jit
def attention_kernel(
    q_ptr, k_ptr, v_ptr, y_ptr, length, depth, scale,
    CAUSAL: tl.constexpr, BLOCK_Q: tl.constexpr, BLOCK_K: tl.constexpr, BLOCK_D: tl.constexpr,
):  # fmt: skip
    first = tl.program_id(1) * length * depth
    query = tl.program_id(0) * BLOCK_Q + tl.arange(0, BLOCK_Q)[:, None]
    lane = tl.arange(0, BLOCK_D)[None, :]
    wanted = (query < length) & (lane < depth)
    q = tl.load(q_ptr + first + query * depth + lane, mask=wanted, other=0)
    peak = tl.full((BLOCK_Q, 1), float("-inf"), tl.float32)
    total = tl.zeros((BLOCK_Q, 1), tl.float32)
    y = tl.zeros((BLOCK_Q, BLOCK_D), tl.float32)
    for start in range(0, length, BLOCK_K):
        key = start + tl.arange(0, BLOCK_K)
        place = first + key[:, None] * depth + lane
        k = tl.load(k_ptr + place, mask=(key[:, None] < length) & (lane < depth), other=0)
        v = tl.load(v_ptr + place, mask=(key[:, None] < length) & (lane < depth), other=0)
        score = tl.dot(q, k.trans(), input_precision="ieee") * scale
        seen = key[None, :] < length
        if CAUSAL:
            seen &= key[None, :] <= query + 1
        score = tl.where(seen, score, float("-inf"))
        higher = tl.maximum(peak, tl.max(score, axis=1, keep_dims=True))
        share, decay = tl.exp(score - higher), tl.exp(peak - higher)
        total = total * decay + tl.sum(share, axis=1, keep_dims=True)
        y = tl.dot(share.to(v.dtype), v, y * decay, input_precision="ieee")
        peak = higher
    tl.store(y_ptr + first + query * depth + lane, y / total, mask=wanted)


def attention(q, k, v, causal=False, softmax_scale=None, *, out=None):
    batch, heads, length, depth = q.shape
    result = torch.empty(q.shape, dtype=q.dtype, device=q.device)
    scale = depth**-0.5 if softmax_scale is None else softmax_scale
    block_d = max(16, triton.next_power_of_2(depth))
    attention_kernel[(triton.cdiv(length, 64), batch * heads)](
        q.contiguous(), k.contiguous(), v.contiguous(), result, length, depth, float(scale),
        CAUSAL=causal, BLOCK_Q=64, BLOCK_K=64, BLOCK_D=block_d,
    )  # fmt: skip
    return result if out is None else out.copy_(result)
