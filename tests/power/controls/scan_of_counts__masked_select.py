"""Counts, scans the counts in one program, reads their sum on the host, and gathers."""

import torch
import triton
import triton.language as tl


@triton.jit
def count_kernel(m_ptr, c_ptr, count, BLOCK: tl.constexpr):
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    m = tl.load(m_ptr + place, mask=place < count, other=0).to(tl.int32)
    tl.store(c_ptr + tl.program_id(0), tl.sum(m, axis=0))


@triton.jit
def scan_kernel(c_ptr, s_ptr, blocks, BLOCK: tl.constexpr):
    carried = tl.zeros((), tl.int32)
    for start in range(0, blocks, BLOCK):
        index = start + tl.arange(0, BLOCK)
        c = tl.load(c_ptr + index, mask=index < blocks, other=0)
        tl.store(s_ptr + index, carried + tl.cumsum(c, axis=0) - c, mask=index < blocks)
        carried += tl.sum(c, axis=0)
    tl.store(s_ptr + blocks, carried)


@triton.jit
def take_kernel(x_ptr, m_ptr, s_ptr, y_ptr, count, BLOCK: tl.constexpr):
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    m = tl.load(m_ptr + place, mask=place < count, other=0).to(tl.int32)
    x = tl.load(x_ptr + place, mask=place < count)
    where = tl.load(s_ptr + tl.program_id(0)) + tl.cumsum(m, axis=0) - 1
    tl.store(y_ptr + where, x, mask=m != 0)


def masked_select(input, mask):
    x, m = torch.broadcast_tensors(input, mask)
    x, m = x.contiguous(), m.contiguous().view(torch.int8)
    count = x.numel()
    blocks = triton.cdiv(count, 1024)
    c = torch.empty(blocks, dtype=torch.int32, device=x.device)
    s = torch.zeros(blocks + 1, dtype=torch.int32, device=x.device)
    count_kernel[(blocks,)](m, c, count, BLOCK=1024)
    scan_kernel[(1,)](c, s, blocks, BLOCK=1024)
    total = int(s[-1].item())
    y = torch.empty(total, dtype=x.dtype, device=x.device)
    take_kernel[(blocks,)](x, m, s, y, count, BLOCK=1024)
    return y
