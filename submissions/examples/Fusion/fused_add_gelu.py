"""GELU of input + alpha * other in one pass: broadcasting and any layout are strides, divided out once a row."""

import torch
import triton
import triton.language as tl


@triton.jit
def add_gelu_kernel(
    x_ptr, other_ptr, y_ptr, rows, size_1, size_2, columns,
    x_0, x_1, x_2, x_3, other_0, other_1, other_2, other_3, number,
    ALPHA: tl.constexpr, TANH: tl.constexpr, COMPUTE: tl.constexpr,
    BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr,
):  # fmt: skip
    tiles = tl.cdiv(columns, BLOCK_COLUMNS)
    row = (tl.program_id(0) // tiles).to(tl.int64) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)[:, None]
    column = (tl.program_id(0) % tiles).to(tl.int64) * BLOCK_COLUMNS + tl.arange(0, BLOCK_COLUMNS)[None, :]
    inside = (row < rows) & (column < columns)
    i_0, i_1, i_2 = row // size_2 // size_1, row // size_2 % size_1, row % size_2
    x = tl.load(x_ptr + i_0 * x_0 + i_1 * x_1 + i_2 * x_2 + column * x_3, mask=inside, other=0).to(COMPUTE)
    if other_ptr is not None:
        place = i_0 * other_0 + i_1 * other_1 + i_2 * other_2 + column * other_3
        x += ALPHA * tl.load(other_ptr + place, mask=inside, other=0).to(COMPUTE)
    else:
        x += number
    if TANH:
        # (1 + tanh(z)) / 2 is the sigmoid of 2 z, which needs no tanh and cancels nothing; 1.5957... is sqrt(8 / pi).
        y = x / (1.0 + tl.exp(-1.5957691216057308 * (x + 0.044715 * x * x * x)))
    else:
        y = 0.5 * x * (1.0 + tl.erf(x * 0.7071067811865476))
    tl.store(y_ptr + row * columns + column, y, mask=inside)


def fused_add_gelu(input, other, alpha=1, approximate="none", out=None):
    if approximate not in ("none", "tanh"):
        raise ValueError(f"approximate is none or tanh, not {approximate!r}")
    tensor = torch.is_tensor(other)
    dtype = torch.result_type(input, other)
    shape = torch.broadcast_shapes(input.shape, other.shape) if tensor else input.shape
    direct = out is not None and out.resize_(shape).is_contiguous() and out.dtype == dtype
    result = out if direct else torch.empty(shape, dtype=dtype, device=input.device)
    if result.numel() == 0:
        return result if out is None else out

    def four(x):
        """Return x expanded to the result's shape, with the dimensions before the last three made one."""
        return x.expand(shape).reshape(-1, *(1, 1, 1, *shape)[-3:])

    x, added = four(input), four(other) if tensor else None
    columns = x.shape[3]
    rows = result.numel() // columns
    block_columns = min(triton.next_power_of_2(columns), 1024)
    block_rows = 1024 // block_columns
    add_gelu_kernel[(triton.cdiv(rows, block_rows) * triton.cdiv(columns, block_columns),)](
        x, added, result, rows, *x.shape[1:], *x.stride(), *(added.stride() if tensor else (0, 0, 0, 0)),
        0.0 if tensor else float(alpha * other),
        ALPHA=alpha, TANH=approximate == "tanh", COMPUTE=tl.float64 if dtype == torch.float64 else tl.float32,
        BLOCK_ROWS=block_rows, BLOCK_COLUMNS=block_columns,
    )  # fmt: skip
    return result if out is None or direct else out.copy_(result)
