"""Tiles are visited in groups of 8 rows of tiles, and the row of a later group is counted from its own start."""

import torch
import triton
import triton.language as tl


@triton.jit
def matmul_kernel(
    a_ptr, b_ptr, c_ptr, rows, columns, inner, batch_a, row_a, step_a, batch_b, step_b, column_b,
    BLOCK: tl.constexpr, STEP: tl.constexpr, GROUP: tl.constexpr,
):  # fmt: skip
    batch = tl.program_id(1)
    tiles_down, tiles_across = tl.cdiv(rows, BLOCK), tl.cdiv(columns, BLOCK)
    group = tl.program_id(0) // (GROUP * tiles_across)
    height = tl.minimum(tiles_down - group * GROUP, GROUP)
    inside_group = tl.program_id(0) % (GROUP * tiles_across)
    # Right is `group * GROUP + inside_group % height`.
    row = (group + inside_group % height) * BLOCK + tl.arange(0, BLOCK)
    column = inside_group // height * BLOCK + tl.arange(0, BLOCK)
    total = tl.zeros((BLOCK, BLOCK), tl.float32)
    for start in range(0, inner, STEP):
        step = start + tl.arange(0, STEP)
        a = tl.load(
            a_ptr + batch * batch_a + row[:, None] * row_a + step[None, :] * step_a,
            mask=(row[:, None] < rows) & (step[None, :] < inner), other=0,
        )  # fmt: skip
        b = tl.load(
            b_ptr + batch * batch_b + step[:, None] * step_b + column[None, :] * column_b,
            mask=(step[:, None] < inner) & (column[None, :] < columns), other=0,
        )  # fmt: skip
        total += tl.dot(a, b)
    c = c_ptr + batch * rows * columns + row[:, None] * columns + column[None, :]
    tl.store(c, total, mask=(row[:, None] < rows) & (column[None, :] < columns))


def matmul_fp16(input, other):
    a = input[None] if input.ndim == 1 else input
    a, b = (each[None] if each.ndim == 2 else each for each in (a, other))
    batch, rows, inner = a.shape
    columns = b.shape[-1]
    c = torch.empty(batch, rows, columns, dtype=input.dtype, device=input.device)
    matmul_kernel[(triton.cdiv(rows, 32) * triton.cdiv(columns, 32), batch)](
        a, b, c, rows, columns, inner, *a.stride(), *b.stride(), BLOCK=32, STEP=128, GROUP=8
    )
    return c.reshape(*input.shape[:-1], columns) if input.ndim < 3 else c
