"""Count what interpreted launches do: bytes that they load and store, and floating-point operations.

Bytes are those of every lane that its mask lets through, in any form of access: plain pointers, block pointers and
tensor descriptors. An atomic operation loads and stores. No cache is assumed: what two programs load counts twice.

A product by `tl.dot` of M x K and K x N elements is 2 * M * N * K operations, of integers too. All other operations
count where their result is a floating-point number, once for each lane of the block, masked or not: addition,
subtraction, multiplication, division, remainder, minimum, maximum and every function of one number but the sign. A
fused multiply-add is two. A sum, minimum or maximum over n lanes is n - 1 operations, and a reduction by another
function whatever that does. Comparisons, selections, conversions and what has integers as its result do not count.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass
class Work:
    """What launches have done."""

    loaded: int = 0
    """Bytes loaded."""
    stored: int = 0
    """Bytes stored."""
    flops: int = 0
    """Floating-point operations."""


def count_into(work: Work, interpreter: Any) -> None:
    """Patch Triton's interpreter until this process ends; after all patches that change what it computes."""
    _count_accesses(work, interpreter._interpreter)
    builder = interpreter.InterpreterBuilder
    _count_atomics(work, builder)
    _count_elements(work, builder, interpreter)
    _count_products(work, builder)
    _count_reductions(work, interpreter)


def _count_accesses(work: Work, native: Any) -> None:
    """Count loads and stores: in whatever form they are written, they end in these two functions."""
    load, store = native.load, native.store

    def loaded(pointers: Any, mask: Any, other: Any, dtype: Any) -> Any:
        work.loaded += int(np.count_nonzero(mask)) * dtype.itemsize
        return load(pointers, mask, other, dtype)

    def stored(pointers: Any, values: Any, mask: Any) -> Any:
        work.stored += int(np.count_nonzero(mask)) * values.dtype.itemsize
        return store(pointers, values, mask)

    native.load, native.store = loaded, stored


def _count_atomics(work: Work, builder: Any) -> None:
    """Count atomic operations before those of bfloat16 become several others."""
    update, swap = builder.create_atomic_rmw, builder.create_atomic_cas

    def updated(self: Any, operation: Any, pointers: Any, value: Any, mask: Any, *order: Any) -> Any:
        lanes = int(np.count_nonzero(mask.data))
        work.loaded += lanes * value.data.itemsize
        work.stored += lanes * value.data.itemsize
        if operation.name == "FADD":
            work.flops += lanes
        return update(self, operation, pointers, value, mask, *order)

    def swapped(self: Any, pointers: Any, expected: Any, value: Any, *order: Any) -> Any:
        work.loaded += pointers.data.size * value.data.itemsize
        work.stored += pointers.data.size * value.data.itemsize
        return swap(self, pointers, expected, value, *order)

    builder.create_atomic_rmw, builder.create_atomic_cas = updated, swapped


def _count_elements(work: Work, builder: Any, interpreter: Any) -> None:
    """Count what is computed for each lane."""
    arithmetic = {np.add, np.subtract, np.multiply, np.divide, np.fmod, np.minimum, np.maximum, np.fmin, np.fmax}
    binary, unary = builder.binary_op, builder.unary_op

    def of_two(self: Any, left: Any, right: Any, operation: Any) -> Any:
        result = binary(self, left, right, operation)
        if operation in arithmetic:
            _add(work, result)
        return result

    def of_one(self: Any, operand: Any, operation: Any) -> Any:
        result = unary(self, operand, operation)
        if operation is not np.negative:
            _add(work, result)
        return result

    builder.binary_op, builder.unary_op = of_two, of_one
    for name, each in {"create_fma": 2, "create_erf": 1, "create_rsqrt": 1}.items():
        setattr(builder, name, _counting(work, getattr(builder, name), each))
    builder.create_clampf = _clamping(work, builder.create_clampf)
    elementwise = builder.create_extern_elementwise

    def of_library(self: Any, library: str, path: str, symbol: str, *rest: Any) -> Any:
        result = elementwise(self, library, path, symbol, *rest)
        _add(work, result, 2 if "fma" in symbol else 1)
        return result

    builder.create_extern_elementwise = of_library


def _add(work: Work, result: Any, each: int = 1) -> None:
    """Add `each` operations for every lane of a result, if that is a block or scalar of floating-point numbers."""
    if result.dtype.scalar.is_floating():
        work.flops += each * result.data.size


def _counting(work: Work, operation: Callable[..., Any], each: int) -> Callable[..., Any]:
    """Return an operation of the builder that counts itself."""

    def counted(self: Any, *operands: Any) -> Any:
        result = operation(self, *operands)
        _add(work, result, each)
        return result

    return counted


def _clamping(work: Work, clamp: Callable[..., Any]) -> Callable[..., Any]:
    """Return the operation that clamps, which is a minimum and a maximum in whatever way it is computed."""

    def counted(self: Any, *operands: Any) -> Any:
        before = work.flops
        result = clamp(self, *operands)
        work.flops = before
        _add(work, result, 2)
        return result

    return counted


def _count_products(work: Work, builder: Any) -> None:
    dot = builder.create_dot

    def multiplied(self: Any, left: Any, right: Any, *rest: Any) -> Any:
        work.flops += 2 * left.data.size * right.data.shape[-1]
        return dot(self, left, right, *rest)

    builder.create_dot = multiplied


def _count_reductions(work: Work, interpreter: Any) -> None:
    """Count sums, minima and maxima, which the interpreter leaves to numpy; it calls all other functions itself."""

    def reducing(name: str) -> None:
        reduce = getattr(interpreter.ReduceOps, name)

        def reduced(self: Any, block: Any, *rest: Any, **named: Any) -> Any:
            if block.dtype.is_floating():
                lanes = block.handle.data.size
                length = lanes if self.axis is None else block.handle.data.shape[self.axis]
                work.flops += lanes - lanes // max(1, length)
            return reduce(self, block, *rest, **named)

        setattr(interpreter.ReduceOps, name, reduced)

    def scanning(name: str) -> None:
        scan = getattr(interpreter.ScanOps, name)

        def scanned(self: Any, block: Any) -> Any:
            if block.dtype.is_floating():
                shape = block.handle.data.shape
                work.flops += math.prod(shape) - math.prod(shape) // max(1, shape[self.axis])
            return scan(self, block)

        setattr(interpreter.ScanOps, name, scanned)

    reducing("sum")
    reducing("min_max")
    scanning("cumsum")
    scanning("cumprod")
