"""Returns the last of the largest elements, where nothing says which one it has to be."""

import torch
import triton
import triton.language as tl


@triton.jit
def argmax_kernel(x_ptr, y_ptr, columns, BLOCK: tl.constexpr):
    row, best, place = tl.program_id(0), float("-inf"), -1
    for start in range(0, columns, BLOCK):
        lane = start + tl.arange(0, BLOCK)
        x = tl.load(x_ptr + row * columns + lane, mask=lane < columns, other=float("-inf")).to(tl.float32)
        top = tl.max(x, axis=0)
        last = tl.max(tl.where((lane < columns) & (x == top), lane, -1), axis=0)
        place = tl.where(top >= best, last, place)
        best = tl.maximum(top, best)
    tl.store(y_ptr + row, place)


def argmax(input_tensor, dim, keepdim=False):
    x = input_tensor.reshape(-1) if dim is None else input_tensor.movedim(dim, -1)
    result = torch.empty(x.shape[:-1], dtype=torch.int64, device=x.device)
    columns = x.shape[-1]
    argmax_kernel[(result.numel(),)](x.contiguous(), result, columns, BLOCK=min(triton.next_power_of_2(columns), 4096))
    if not keepdim:
        return result
    return result.reshape([1] * input_tensor.ndim) if dim is None else result.unsqueeze(dim)
