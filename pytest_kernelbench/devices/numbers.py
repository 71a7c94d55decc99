"""Corrections of what Triton's interpreter computes: float8, bools, atomic operations, arithmetic of loop variables."""

from __future__ import annotations

from typing import Any

import numpy as np
import triton.language as tl
from triton._C.libtriton import ir
from triton.runtime import interpreter

from pytest_kernelbench.devices.bfloat16 import narrow, widen


def install() -> None:
    """Patch the interpreter until this process ends; after `bfloat16.install`."""
    builder = interpreter.InterpreterBuilder
    builder.binary_op = _with_bools(builder.binary_op)
    builder.create_minnumf = lambda self, left, right: self.binary_op(left, right, np.fmin)
    builder.create_maxnumf = lambda self, left, right: self.binary_op(left, right, np.fmax)
    interpreter._patch_lang_tensor = _with_index(interpreter._patch_lang_tensor)
    builder.create_fp_to_fp = _to_float8(builder.create_fp_to_fp)
    for name in ("create_fp_trunc", "create_fp_ext"):
        setattr(builder, name, _with_float8(getattr(builder, name)))
    builder.create_atomic_rmw = _atomic(builder.create_atomic_rmw)


def _with_bools(operate: Any) -> Any:
    """Make the result of a comparison a block of int1, and int1 wrap around; both hold in few versions of Triton."""

    def operated(self: Any, left: Any, right: Any, operation: Any) -> Any:
        if left.data.dtype.kind == right.data.dtype.kind == "b":
            small = operation(left.data.astype(np.int8), right.data.astype(np.int8))
            return interpreter.TensorHandle((small & 1).astype(np.bool_), tl.int1)
        result = operate(self, left, right, operation)
        return interpreter.TensorHandle(result.data, tl.int1) if result.data.dtype.kind == "b" else result

    return operated


def _with_index(patch: Any) -> Any:
    """Let scalar tensors be bounds of loops, whatever numpy thinks of arrays with one element."""

    def patched(tensor: Any, *scope: Any) -> None:
        patch(tensor, *scope)
        tensor.__index__ = lambda self: int(self.handle.data.item())

    return patched


def _to_float8(convert: Any) -> Any:
    """Round to nearest even and to the largest finite number, as GPUs do; the interpreter rounds ties up."""

    def converted(self: Any, source: Any, target: Any, rounding: Any, *rest: Any) -> Any:
        kind = target.scalar
        if kind.primitive_bitwidth != 8 or source.dtype.primitive_bitwidth == 8 or rounding == ir.ROUNDING_MODE.RTZ:
            return convert(self, source, target, rounding, *rest)
        values = widen(source.data) if source.dtype.scalar == tl.bfloat16 else source.data
        rounded = interpreter.TensorHandle(_rounded(values, kind).astype(np.float32), tl.float32)
        return convert(self, rounded, target, rounding, *rest)

    return converted


def _with_float8(cast: Any) -> Any:
    """Convert numbers of eight bits by their values; the interpreter takes their bits for integers, as in `tl.full`."""

    def converted(self: Any, source: Any, target: Any) -> Any:
        if 8 in (source.dtype.scalar.primitive_bitwidth, target.scalar.primitive_bitwidth):
            return self.create_fp_to_fp(source, target, ir.ROUNDING_MODE.RTNE)
        return cast(self, source, target)

    return converted


def _rounded(values: Any, kind: Any) -> Any:
    """Return the numbers of a dtype that are nearest to some numbers."""
    exact = np.asarray(values, dtype=np.float64)
    lowest = 1 - kind.exponent_bias
    exponent = np.maximum(np.frexp(exact)[1] - 1, lowest)
    unit = np.ldexp(1.0, exponent - kind.fp_mantissa_width)
    largest = _largest(kind)
    return np.clip(np.rint(exact / unit) * unit, -largest, largest)


def _largest(kind: Any) -> float:
    """Return the largest finite number of a dtype of eight bits."""
    special = {"fp8e5": 57_344.0, "fp8e4nv": 448.0, "fp8e4b15": 1.875, "fp8e4b8": 240.0, "fp8e5b16": 57_344.0}
    return special[kind.name]


def _atomic(apply: Any) -> Any:
    """Exchange floats and add bfloat16, which the interpreter does not."""

    def applied(self: Any, operation: Any, pointers: Any, value: Any, mask: Any, *order: Any) -> Any:
        if operation == ir.ATOMIC_OP.XCHG and value.dtype.is_floating():
            bits = value.data.view(f"u{value.data.itemsize}")
            whole = tl.pointer_type(getattr(tl, f"uint{8 * bits.itemsize}"))
            as_bits = interpreter.TensorHandle(bits, whole.element_ty)
            old = apply(self, operation, interpreter.TensorHandle(pointers.data, whole), as_bits, mask, *order)
            return interpreter.TensorHandle(old.data.view(value.data.dtype), value.dtype.scalar)
        if operation == ir.ATOMIC_OP.FADD and value.dtype.scalar == tl.bfloat16:
            added = _added(pointers.data, value.data, mask.data, self.ir_sem_to_interpreter_sem[order[0]])
            return interpreter.TensorHandle(added, value.dtype.scalar)
        return apply(self, operation, pointers, value, mask, *order)

    return applied


def _added(pointers: Any, values: Any, mask: Any, semantics: Any) -> Any:
    """Add bfloat16 numbers to memory, one after the other, and return what was there before each.

    Each addition is a compare-and-swap, as on a GPU, so that whoever looks for races sees that it is atomic.
    """
    swap, old = interpreter._interpreter.atomic_cas, np.zeros(values.shape, dtype=np.uint16)
    nothing = np.zeros(1, dtype=np.uint16)
    for at in zip(*np.nonzero(np.broadcast_to(mask, values.shape)), strict=True):
        pointer = pointers[at].reshape(1)
        before = swap(pointer, nothing, nothing, semantics)
        swap(pointer, before, narrow(widen(before) + widen(values[at].reshape(1))), semantics)
        old[at] = before[0]
    return old
