"""Tensor descriptors on Triton's interpreter: loads, stores, gathers, scatters and atomic reductions.

The interpreter has most of them, but demands that blocks start at a multiple of 16 bytes, which no GPU does, lacks the
reductions, and pads with a NaN that is none in bfloat16.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import triton.language as tl
from triton._C.libtriton import ir
from triton.runtime import interpreter

from pytest_kernelbench.devices.bfloat16 import NAN

ALIGNMENT = 16
"""Bytes that the address and all strides but the last must be a multiple of."""

_HINTS = (None,) * (1 if hasattr(interpreter.InterpreterBuilder, "get_cache_policy") else 2)
"""Hints about caches that loads and stores of this version of Triton want to be given."""

FLOAT8_NAN = 0x7F
"""A NaN in the formats of eight bits that descriptors can have."""


def install() -> None:
    """Patch the interpreter until this process ends."""
    interpreter.TensorDescHandle.validate = _validate
    builder = interpreter.InterpreterBuilder
    builder.create_descriptor_load = _load
    builder.create_descriptor_store = _store
    builder.create_descriptor_gather = _gather
    builder.create_descriptor_scatter = _scatter
    builder.create_descriptor_reduce = _reduce


def padding(pointers: Any, nan: bool) -> Any:
    """Return what lies outside of the bounds of a block of pointers: zero, or NaN."""
    element = pointers.get_element_ty()
    kind = interpreter._get_np_dtype(element)
    value: Any = 0
    if nan:
        value = np.nan if np.issubdtype(kind, np.floating) else NAN if element == tl.bfloat16 else FLOAT8_NAN
    return interpreter.TensorHandle(np.full(pointers.data.shape, value, dtype=kind), element)


def addresses(
    base: Any, shape: Sequence[Any], strides: Sequence[Any], offsets: Sequence[Any], block: Sequence[int], checked: Any
) -> tuple[Any, Any]:
    """Return the pointers of a block, and which of them are inside of the bounds in the `checked` dimensions."""
    element = base.get_element_ty()
    size = max(1, element.primitive_bitwidth // 8)
    distance = np.zeros(tuple(block), dtype=np.int64)
    inside = np.ones(tuple(block), dtype=bool)
    for axis, length in enumerate(block):
        at = int(offsets[axis].data.item()) + np.arange(length, dtype=np.int64)
        at = at.reshape([-1 if each == axis else 1 for each in range(len(block))])
        distance = distance + at * int(strides[axis].data.item())
        if axis in checked:
            inside = inside & (at >= 0) & (at < int(shape[axis].data.item()))
    pointers = base.data.astype(np.uint64) + (distance * size).astype(np.uint64)
    return interpreter.TensorHandle(pointers, base.dtype.scalar), interpreter.TensorHandle(inside, tl.int1)


def _validate(self: Any) -> None:
    """Raise where the driver or the hardware would refuse the descriptor."""
    size = self.base.dtype.element_ty.primitive_bitwidth // 8
    if self.base.data.item() % ALIGNMENT:
        raise ValueError(f"tensor descriptor: the address must be a multiple of {ALIGNMENT} bytes")
    strides = [int(stride.data.item()) for stride in self.strides]
    for stride in strides[:-1]:
        if stride * size % ALIGNMENT:
            raise ValueError(f"tensor descriptor: a stride of {stride * size} bytes is no multiple of {ALIGNMENT}")
    if strides[-1] != 1:
        raise ValueError(f"tensor descriptor: the last stride must be 1, and is {strides[-1]}")


def _block(descriptor: Any, offsets: Sequence[Any]) -> tuple[Any, Any]:
    whole = range(len(descriptor.block_shape))
    return addresses(
        descriptor.base, descriptor.shape, descriptor.strides, offsets, descriptor.block_shape, checked=whole
    )


def load(builder: Any, pointers: Any, inside: Any, other: Any) -> Any:
    """Load where the mask allows it; `other`, or nothing that is defined, elsewhere."""
    return builder.create_masked_load(pointers, inside, other, *_HINTS, False)


def store(builder: Any, pointers: Any, value: Any, inside: Any) -> Any:
    """Store where the mask allows it."""
    return builder.create_masked_store(pointers, value, inside, *_HINTS)


def _load(self: Any, descriptor: Any, offsets: Sequence[Any], *hints: Any) -> Any:
    pointers, inside = _block(descriptor, offsets)
    loaded = load(self, pointers, inside, padding(pointers, descriptor.padding == ir.PADDING_OPTION.PAD_NAN))
    if getattr(descriptor, "round_f32_to_tf32", False) and loaded.dtype == tl.float32:
        loaded = interpreter.TensorHandle(interpreter._round_f32_to_tf32(loaded.data), loaded.dtype)
    return loaded


def _store(self: Any, descriptor: Any, value: Any, offsets: Sequence[Any]) -> Any:
    return store(self, *_with_value(_block(descriptor, offsets), value))


def _with_value(block: tuple[Any, Any], value: Any) -> tuple[Any, Any, Any]:
    pointers, inside = block
    return pointers, value, inside


def _rows(descriptor: Any, rows: Any, column: Any) -> tuple[Any, Any]:
    """Return the pointers of a block that consists of rows of a matrix, and which of them are inside of it."""
    blocks = [_block(descriptor, [interpreter.TensorHandle(row, tl.int32), column]) for row in rows.data.reshape(-1, 1)]
    pointers = np.concatenate([pointers.data for pointers, _ in blocks])
    inside = np.concatenate([inside.data for _, inside in blocks])
    return interpreter.TensorHandle(pointers, descriptor.base.dtype.scalar), interpreter.TensorHandle(inside, tl.int1)


def _gather(self: Any, descriptor: Any, rows: Any, column: Any, kind: Any) -> Any:
    pointers, inside = _rows(descriptor, rows, column)
    return load(self, pointers, inside, padding(pointers, descriptor.padding == ir.PADDING_OPTION.PAD_NAN))


def _scatter(self: Any, descriptor: Any, value: Any, rows: Any, column: Any) -> Any:
    return store(self, *_with_value(_rows(descriptor, rows, column), value))


def _reduce(self: Any, kind: Any, descriptor: Any, value: Any, offsets: Sequence[Any]) -> Any:
    """Add a block to memory atomically, or take minima, maxima, or bits."""
    pointers, inside = _block(descriptor, offsets)
    element = pointers.get_element_ty()
    if value.dtype.scalar != element:
        raise TypeError(f"tensor descriptor: a block of {value.dtype} cannot be combined with memory of {element}")
    name = kind.name
    if element.is_floating() and name == "ADD":
        name = "FADD"
    elif element.is_int_unsigned() and name in ("MIN", "MAX"):
        name = f"U{name}"
    operation = getattr(ir.ATOMIC_OP, name)
    return self.create_atomic_rmw(operation, pointers, value, inside, ir.MEM_SEMANTIC.RELAXED, ir.MEM_SYNC_SCOPE.GPU)
