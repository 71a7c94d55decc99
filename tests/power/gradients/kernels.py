"""A right kernel of `row_scale` with a backward pass, and what is replaced in it to make others, right and wrong."""

from __future__ import annotations

from collections.abc import Mapping

RIGHT = """
import torch
import triton
import triton.language as tl


@triton.jit
def forward_kernel(x, weight, y, scales, columns, eps, BLOCK: tl.constexpr):
    row, at = tl.program_id(0), tl.arange(0, BLOCK)
    mask = at < columns
    value = tl.load(x + row * columns + at, mask=mask, other=0.0).to(tl.float32)
    scale = 1.0 / tl.sqrt(tl.sum(value * value) / columns + eps)
    tl.store(scales + row, scale)
    factor = tl.load(weight + at, mask=mask, other=0.0).to(tl.float32)
    tl.store(y + row * columns + at, value * scale * factor, mask=mask)


@triton.jit
def backward_kernel(g, g_row, g_column, x, weight, scales, dx, parts, columns, BLOCK: tl.constexpr):
    row, at = tl.program_id(0), tl.arange(0, BLOCK)
    mask = at < columns
    incoming = tl.load(g + row * g_row + at * g_column, mask=mask, other=0.0).to(tl.float32)
    value = tl.load(x + row * columns + at, mask=mask, other=0.0).to(tl.float32)
    factor = tl.load(weight + at, mask=mask, other=0.0).to(tl.float32)
    scale = tl.load(scales + row)
    inner = tl.sum(incoming * factor * value) / columns
    own = scale * incoming * factor
    tl.store(dx + row * columns + at, own - value * scale * scale * scale * inner, mask=mask)
    tl.store(parts + row * columns + at, incoming * value * scale, mask=mask)


class RowScale(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, weight, eps):
        x, weight = x.contiguous(), weight.contiguous()
        rows, columns = x.shape
        y, scales = torch.empty_like(x), torch.empty(rows, dtype=torch.float32, device=x.device)
        forward_kernel[(rows,)](x, weight, y, scales, columns, eps, BLOCK=triton.next_power_of_2(columns))
        ctx.save_for_backward(x, weight, scales)
        return y

    @staticmethod
    def backward(ctx, g):
        x, weight, scales = ctx.saved_tensors
        rows, columns = x.shape
        g = g.contiguous()
        dx, parts = torch.empty_like(x), torch.empty(rows, columns, dtype=torch.float32, device=x.device)
        backward_kernel[(rows,)](g, g.stride(0), g.stride(1), x, weight, scales, dx, parts, columns,
                                 BLOCK=triton.next_power_of_2(columns))
        dweight = parts.sum(0).to(weight.dtype)
        return dx, dweight, None


def row_scale(x, weight, eps=1e-6):
    return RowScale.apply(x, weight, eps)
"""
"""A kernel with a backward pass."""

Replaced = tuple[tuple[str, str], ...]

_SUM = "        dweight = parts.sum(0).to(weight.dtype)\n"
_STORE_PARTS = "    tl.store(parts + row * columns + at, incoming * value * scale, mask=mask)\n"
_PARTS = "torch.empty(rows, columns, dtype=torch.float32, device=x.device)"
_ATOMIC = (
    (_STORE_PARTS, "    tl.atomic_add(parts + at, incoming * value * scale, mask=mask)\n"),
    (_SUM, "        dweight = parts.to(weight.dtype)\n"),
)
_COLUMN_KERNEL = """

@triton.jit
def column_kernel(parts, dweight, rows, columns, DTYPE: tl.constexpr):
    column = tl.program_id(0)
    total = tl.zeros((), DTYPE)
    for row in range(rows):
        total = (total + tl.load(parts + row * columns + column).to(DTYPE)).to(DTYPE)
    tl.store(dweight + column, total)


class RowScale("""
_BY_COLUMNS = """        dweight = torch.empty_like(weight)
        kinds = {torch.float16: tl.float16, torch.bfloat16: tl.bfloat16, torch.float32: tl.float32}
        column_kernel[(columns,)](parts, dweight, rows, columns, DTYPE=kinds[weight.dtype])
"""

FAULTS: Mapping[str, tuple[str, Replaced]] = {
    "a term is missing": ("wrong_values", ((" - value * scale * scale * scale * inner", ""),)),
    "a mean in the place of a sum": ("wrong_values", ((" / columns\n    own", "\n    own"),)),
    "the gradient of a broadcast argument is that of one row": ("wrong_values", (("parts.sum(0)", "parts[0]"),)),
    "half accumulation": ("wrong_values", (("\n\nclass RowScale(", _COLUMN_KERNEL), (_SUM, _BY_COLUMNS))),
    "a buffer is not zeroed": ("wrong_values", (
        *_ATOMIC, (_PARTS, "BUFFERS.setdefault(columns, torch.zeros(columns, device=x.device))"),
        ("class RowScale", "BUFFERS = {}\n\n\nclass RowScale"),
    )),
    "stale values of a later call": ("wrong_values", (
        ("class RowScale", "SAVED = []\n\n\nclass RowScale"),
        ("        ctx.save_for_backward(x, weight, scales)\n", "        SAVED[:] = x, weight, scales\n"),
        ("ctx.saved_tensors", "SAVED"),
    )),
    "atomics without a fixed order": ("contract", (*_ATOMIC, (_PARTS, "torch.zeros(columns, device=x.device)"))),
    "takes an incoming gradient for contiguous": ("wrong_values", (
        ("        g = g.contiguous()\n", ""), ("g, g.stride(0), g.stride(1),", "g, columns, 1,"),
    )),
    "the incoming gradient is left out": ("wrong_values", (("        g = g.contiguous()\n", "        g = torch.ones_like(x)\n"),)),
    "the weight's gradient only together with that of x": ("wrong_values", (
        ("        g = g.contiguous()\n", "        g = g.contiguous()\n        if not ctx.needs_input_grad[0]:\n"
         "            return None, torch.zeros_like(weight), None\n"),
    )),
    "what was saved is changed by the first pass": ("wrong_values", (
        ("        ctx.save_for_backward(x, weight, scales)\n", "        ctx.kept = x, weight, scales\n"),
        ("ctx.saved_tensors", "ctx.kept"), (_SUM, f"{_SUM}        scales.mul_(0.5)\n"),
    )),
    "no gradient at all": ("wrong_values", (("RowScale.apply(x, weight, eps)", "RowScale.apply(x.detach(), weight.detach(), eps)"),)),
}  # fmt: skip
"""Wrong backward passes by name: the status that each must get, and what is replaced in `RIGHT`."""

CONTROLS: Mapping[str, Replaced] = {
    "as it is": (),
    "reads incoming gradients by their strides": (("        g = g.contiguous()\n", ""),),
    "sums columns in a kernel of its own": (
        ("\n\nclass RowScale(", _COLUMN_KERNEL), (_SUM, _BY_COLUMNS.replace("kinds[weight.dtype]", "tl.float32")),
    ),
    "computes only what is needed": (
        (_SUM, "        dweight = parts.sum(0).to(weight.dtype) if ctx.needs_input_grad[1] else None\n"),
        ("return dx, dweight", "return dx if ctx.needs_input_grad[0] else None, dweight"),
    ),
    "computes the scales again": (
        ("    scale = tl.load(scales + row)\n", "    scale = 1.0 / tl.sqrt(tl.sum(value * value) / columns + 1e-6)\n"),
    ),
    "sums in double precision": (("parts.sum(0)", "parts.double().sum(0)"),),
    "adds rows in reverse order": (("parts.sum(0)", "parts.flip(0).sum(0)"),),
    "writes over a copy of the incoming gradient": (
        ("g = g.contiguous()", "g = g.clone(memory_format=torch.contiguous_format)"),
        ("dx, parts = torch.empty_like(x)", "dx, parts = g"),
    ),
    "is differentiable once": (
        ("    @staticmethod\n    def backward", "    @staticmethod\n    @torch.autograd.function.once_differentiable\n    def backward"),
    ),
    "multiplies by the weight in PyTorch": (
        ("RowScale.apply(x, weight, eps)", "RowScale.apply(x, torch.ones_like(weight, dtype=torch.float32), eps) * weight"),
        ("y, scales = torch.empty_like(x)", "y, scales = torch.empty_like(x, dtype=torch.float32)"),
        ("RowScale.apply(x, torch", "RowScale.apply(x.float(), torch"), (", eps) * weight", ", eps).mul(weight).to(x.dtype)"),
    ),
    "keeps a workspace and zeroes it": (
        ("class RowScale", "SPACES = {}\n\n\nclass RowScale"),
        (_PARTS, "SPACES.setdefault((rows, columns), torch.empty(rows, columns, device=x.device)).zero_()"),
    ),
}  # fmt: skip
"""Right backward passes by name."""


def with_replaced(replaced: Replaced) -> str:
    """Return `RIGHT` with replacements, each of which must be there."""
    code = RIGHT
    for old, new in replaced:
        assert old in code, old
        code = code.replace(old, new)
    return code
