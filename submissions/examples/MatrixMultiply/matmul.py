"""Matrix product in tiles with float32 accumulators: vectors are thin matrices, broadcast batches are strides of 0."""

import math

import torch
import triton
import triton.language as tl


@triton.autotune(
    configs=[
        triton.Config({"BLOCK_M": 64, "BLOCK_N": 64, "BLOCK_K": 64}, num_warps=4, num_stages=3),
        triton.Config({"BLOCK_M": 128, "BLOCK_N": 128, "BLOCK_K": 32}, num_warps=8, num_stages=3),
        triton.Config({"BLOCK_M": 32, "BLOCK_N": 128, "BLOCK_K": 32}, num_warps=4, num_stages=4),
    ],
    key=["m", "n", "k"],
)
@triton.jit
def matmul_kernel(
    a_ptr, b_ptr, c_ptr, m, n, k, a_batch, a_row, a_column, b_batch, b_row, b_column,
    BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr, GROUP: tl.constexpr,
):  # fmt: skip
    tiles_m, tiles_n = tl.cdiv(m, BLOCK_M), tl.cdiv(n, BLOCK_N)
    program = tl.program_id(0)
    batch = (program // (tiles_m * tiles_n)).to(tl.int64)
    # Tiles are taken column by column in bands of GROUP rows of tiles, so that programs that run at the same time
    # read the same parts of both matrices from the L2 cache.
    place = program % (tiles_m * tiles_n)
    band = place // (GROUP * tiles_n) * GROUP
    height = tl.minimum(tiles_m - band, GROUP)
    tile_m = band + place % (GROUP * tiles_n) % height
    tile_n = place % (GROUP * tiles_n) // height

    row = tile_m.to(tl.int64) * BLOCK_M + tl.arange(0, BLOCK_M)[:, None]
    column = tile_n.to(tl.int64) * BLOCK_N + tl.arange(0, BLOCK_N)[None, :]
    depth = tl.arange(0, BLOCK_K).to(tl.int64)
    step = tl.full((), BLOCK_K, tl.int64)  # times a stride it may need more than 32 bits
    a_tile = a_ptr + batch * a_batch + row * a_row + depth[None, :] * a_column
    b_tile = b_ptr + batch * b_batch + depth[:, None] * b_row + column * b_column
    total = tl.zeros((BLOCK_M, BLOCK_N), tl.float32)
    for start in range(0, k, BLOCK_K):
        a = tl.load(a_tile, mask=(row < m) & (depth < k - start)[None, :], other=0)
        b = tl.load(b_tile, mask=(depth < k - start)[:, None] & (column < n), other=0)
        total = tl.dot(a, b, total, input_precision="ieee")
        a_tile += step * a_column
        b_tile += step * b_row
    tl.store(c_ptr + (batch * m + row) * n + column, total, mask=(row < m) & (column < n))


def matmul(tensor1, tensor2):
    a = tensor1[None, :] if tensor1.ndim == 1 else tensor1
    b = tensor2[:, None] if tensor2.ndim == 1 else tensor2
    (m, k), n = a.shape[-2:], b.shape[-1]
    if b.shape[-2] != k:
        raise ValueError(f"matmul: {tuple(tensor1.shape)} and {tuple(tensor2.shape)} do not fit together")
    batch = torch.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    batches = math.prod(batch)
    # Expanding copies nothing; the reshape only does where two batch dimensions have strides that do not merge.
    a = a.expand(*batch, m, k).reshape(batches, m, k)
    b = b.expand(*batch, k, n).reshape(batches, k, n)
    result = torch.empty((batches, m, n), dtype=a.dtype, device=a.device)
    matmul_kernel[lambda config: (batches * triton.cdiv(m, config["BLOCK_M"]) * triton.cdiv(n, config["BLOCK_N"]),)](
        a, b, result, m, n, k, *a.stride(), *b.stride(), GROUP=8
    )
    return result.view((*batch, *((m,) if tensor1.ndim > 1 else ()), *((n,) if tensor2.ndim > 1 else ())))
