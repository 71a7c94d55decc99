"""Block pointers on Triton's interpreter, in every version of Triton: newer ones no longer have them.

`tl.make_block_ptr` and `tl.advance` are given back to kernels, and `tl.load` and `tl.store` take what they return.
Bounds are checked in the dimensions that a call names; in all others, elements out of bounds are read and written.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import triton.language as tl
from triton.runtime import interpreter

from pytest_kernelbench.devices import descriptors
from pytest_kernelbench.devices.semantics import bare


@dataclass(frozen=True)
class Block:
    """Where a block pointer points; all numbers are handles of the interpreter."""

    base: Any
    """Pointer to the first element of the parent tensor."""
    shape: Sequence[Any]
    """Lengths of the parent tensor."""
    strides: Sequence[Any]
    """Strides of the parent tensor, in elements."""
    offsets: Sequence[Any]
    """Index of the first element of the block, by dimension."""
    lengths: tuple[int, ...]
    """Shape of the block."""


class BlockPointer(tl.tensor):  # type: ignore[misc]
    """A pointer to a block of a parent tensor; its handle is a `Block`."""

    def advance(self, offsets: Any) -> BlockPointer:
        """Return the pointer to another block, that many elements further."""
        return advance(self, offsets)

    def store(self, value: Any, **options: Any) -> None:
        """Store a block; options as those of `tl.store`."""
        _store(self, value, **options)


def make(base: Any, shape: Any, strides: Any, offsets: Any, block_shape: Any, order: Any) -> BlockPointer:
    """Return a pointer to a block, as `tl.make_block_ptr` does."""
    if not base.type.is_ptr() or base.type.element_ty.is_block():
        raise ValueError("Expected `base` to be a pointer type (but not a block pointer type or others)")
    if base.type.element_ty == tl.int1:
        base = interpreter.interpreter_semantic.cast(base, tl.pointer_type(tl.int8, base.type.address_space))
    lengths = tuple(_constants(block_shape, "block_shape"))
    if sorted(_constants(order, "order")) != list(range(len(lengths))):
        raise ValueError("Expected a permutation of (0, 1, ..., len(order)-1) in order")
    block = Block(base.handle, _integers(shape, 64), _integers(strides, 64), _integers(offsets, 32), lengths)
    if any(len(part) != len(lengths) for part in (block.shape, block.strides, block.offsets)):
        raise ValueError("Expected shape/strides/offsets/block_shape to have the same length")
    kind = tl.pointer_type(tl.block_type(base.type.element_ty, list(lengths)))
    return BlockPointer(block, kind)


def advance(pointer: Any, offsets: Any) -> BlockPointer:
    """Return the pointer to another block, as `tl.advance` does."""
    old: Block = pointer.handle
    steps = _integers(offsets, 32)
    if len(steps) != len(old.lengths):
        raise ValueError(f"Expected {len(old.lengths)} offsets, and got {len(steps)}")
    moved = [
        interpreter.TensorHandle((start.data + step.data).astype(np.int32), tl.int32)
        for start, step in zip(old.offsets, steps, strict=True)
    ]
    return BlockPointer(Block(old.base, old.shape, old.strides, moved, old.lengths), pointer.type)


def _load(
    pointer: Any, mask: Any = None, other: Any = None, boundary_check: Any = (), padding_option: Any = "", **hints: Any
) -> Any:
    if mask is not None or other is not None:
        raise ValueError("`mask` and `other` arguments cannot be specified for loading block pointers")
    block, option = pointer.type.element_ty, bare(padding_option)
    if option not in (None, "", "zero", "nan"):
        raise ValueError(f"Padding option {option} not supported")
    if option == "nan" and block.element_ty.is_int():
        raise ValueError("Padding option `nan` is not supported for integer block pointers")
    pointers, inside = _addresses(pointer.handle, boundary_check)
    # Without the option the contents are undefined, and zero in every version that has block pointers.
    other = descriptors.padding(pointers, option == "nan")
    return tl.tensor(descriptors.load(interpreter.interpreter_builder, pointers, inside, other), block)


def _store(pointer: Any, value: Any, mask: Any = None, boundary_check: Any = (), **hints: Any) -> None:
    if mask is not None:
        raise ValueError("`mask` and `other` arguments cannot be specified for loading block pointers")
    block = pointer.type.element_ty
    semantic = interpreter.interpreter_semantic
    value = semantic.to_tensor(value)
    if not value.type.is_block():
        value = semantic.broadcast_impl_shape(value, list(block.shape))
    if list(value.shape) != list(block.shape):
        raise ValueError(f"Block shape({block.shape}) and value shape({value.shape}) mismatch")
    if value.type.element_ty != block.element_ty:
        raise ValueError(f"Block element type({block.element_ty}) and value element type({value.dtype}) mismatch")
    pointers, inside = _addresses(pointer.handle, boundary_check)
    descriptors.store(interpreter.interpreter_builder, pointers, value.handle, inside)


def _addresses(block: Block, boundary_check: Any) -> tuple[Any, Any]:
    checked = _constants(boundary_check, "boundary_check")
    if len(set(checked)) != len(checked) or any(not 0 <= axis < len(block.lengths) for axis in checked):
        raise ValueError(f"boundary_check names dimensions of a block of {len(block.lengths)}: {checked}")
    return descriptors.addresses(
        block.base, block.shape, block.strides, block.offsets, block.lengths, checked=set(checked)
    )


def _several(values: Any) -> list[Any]:
    values = bare(values)
    return [bare(value) for value in values] if hasattr(values, "__iter__") else [values]


def _constants(values: Any, name: str) -> list[int]:
    constants = _several(values)
    if not all(isinstance(constant, int) for constant in constants):
        raise ValueError(f"Expected a list of constant integers in `{name}`")
    return constants


def _integers(values: Any, bits: int) -> list[Any]:
    """Return handles of integers that fit into so many bits."""
    kind = tl.int64 if bits == 64 else tl.int32
    return [_integer(value, kind) for value in _several(values)]


def _integer(value: Any, kind: Any) -> Any:
    if isinstance(value, int):
        if not -(1 << kind.primitive_bitwidth - 1) <= value < 1 << kind.primitive_bitwidth - 1:
            raise ValueError(f"Block pointers: {value} does not fit into {kind}")
        return getattr(interpreter.interpreter_builder, f"get_{kind}")(value)
    if not isinstance(value, tl.tensor) or value.handle.data.size != 1 or not value.dtype.is_int():
        raise ValueError("Expected an integer scalar type in shape/strides/offsets")
    if value.dtype == tl.int64 and kind == tl.int32:
        raise ValueError(
            "Block pointers only support 32 bit `offsets/block_shape`, add a `.to(tl.int32)` or use regular indexing "
            "for 64 bit support"
        )
    return interpreter.interpreter_semantic.cast(value, kind).handle


def install() -> None:
    """Patch the language until this process ends; the interpreter wraps what is marked as built in."""
    for module in (tl, tl.core):
        module.make_block_ptr = _builtin(make)
        module.advance = _builtin(advance)
        module.load = _builtin(_dispatch(module.load, _load))
        module.store = _builtin(_dispatch(module.store, _store))


def _dispatch(plain: Callable[..., Any], blocked: Callable[..., Any]) -> Callable[..., Any]:
    """Return an operation on memory that takes block pointers too."""

    def operation(pointer: Any, *arguments: Any, _semantic: Any = None, **options: Any) -> Any:
        if isinstance(pointer, BlockPointer):
            return blocked(pointer, *arguments, **options)
        return plain(pointer, *arguments, **options, _semantic=_semantic)

    return operation


def _builtin(function: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a function as built into the language."""

    def builtin(*arguments: Any, _semantic: Any = None, **options: Any) -> Any:
        return function(*arguments, **options, **({"_semantic": _semantic} if takes else {}))

    takes = "_semantic" in function.__code__.co_varnames
    setattr(builtin, tl.core.TRITON_BUILTIN, True)
    builtin.__module__ = "triton.language.core"
    return builtin
