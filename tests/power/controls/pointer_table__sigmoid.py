"""Finds its tensors in a table of addresses, as kernels for groups of tensors do."""

import torch
import triton
import triton.language as tl


@triton.jit
def sigmoid_kernel(table_ptr, count, ELEMENT: tl.constexpr, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    x_ptr = tl.load(table_ptr).to(tl.pointer_type(ELEMENT))
    y_ptr = tl.load(table_ptr + 1).to(tl.pointer_type(ELEMENT))
    x = tl.load(x_ptr + offsets, mask=offsets < count, other=0).to(tl.float32)
    tl.store(y_ptr + offsets, 1 / (1 + tl.exp(-x)), mask=offsets < count)


ELEMENTS = {
    torch.float32: tl.float32,
    torch.float16: tl.float16,
    torch.bfloat16: tl.bfloat16,
    torch.float64: tl.float64,
}


def sigmoid(input, out=None):
    x, count = input.contiguous(), input.numel()
    result = torch.empty(input.shape, dtype=input.dtype, device=input.device)
    table = torch.tensor([x.data_ptr(), result.data_ptr()], dtype=torch.int64, device=x.device)
    sigmoid_kernel[(triton.cdiv(count, 1024),)](table, count, ELEMENT=ELEMENTS[x.dtype], BLOCK=1024)
    return result if out is None else out.copy_(result)
