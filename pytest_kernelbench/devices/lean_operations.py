"""Shorter ways through operations of Triton's interpreter where nothing has to be converted; results are the same."""

from __future__ import annotations

from typing import Any

from pytest_kernelbench.devices.lean import BYTES, SIZES

UNCHANGED = "fp32", "fp64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "int1"
"""Names of dtypes in which an operation of two operands of this dtype is computed, also a division."""

CORRECTED = "?H"
"""Characters of numpy for dtypes that stand for others or compute otherwise: bools, and the bits of bfloat16."""

NUMBERS = int, float
"""Types of Python numbers that are known for each operand; `bool` is another type."""

LARGEST = 1 << 12
"""Elements of the largest block that is kept for a number."""

MAX_CONSTANTS = 256
"""Number of such blocks that are kept."""


def install() -> None:
    """Patch Triton's interpreter until this process ends; after `lean.install`, before anything else."""
    import triton.language as tl
    from triton.language.semantic import TritonSemantic
    from triton.runtime import interpreter

    _broadcast_quickly(tl.dtype, TritonSemantic)
    _check_types_quickly(tl, TritonSemantic, interpreter)
    _cast_quickly(tl, TritonSemantic)
    _promote_once(TritonSemantic)
    _splat_quickly(interpreter)


def operate_quickly() -> None:
    """Compute with plain numbers at once; after all corrections of what the interpreter computes."""
    import triton.language as tl
    from triton.runtime import interpreter

    builder, handle, bit = interpreter.InterpreterBuilder, interpreter.TensorHandle, tl.int1
    operate = builder.binary_op

    def operated(self: Any, left: Any, right: Any, operation: Any) -> Any:
        first, second = left.data, right.data
        if first.dtype.char in CORRECTED or second.dtype.char in CORRECTED:
            return operate(self, left, right, operation)
        output = operation(first, second)
        if output.dtype.char == "?":
            return handle(output, bit)
        kind = left.dtype.scalar
        if output.itemsize > kind.__dict__.get(BYTES, 0):
            return operate(self, left, right, operation)
        return handle(output, kind)

    builder.binary_op = operated


def _unchanged(language: Any) -> dict[int, Any]:
    """Return the dtypes named in `UNCHANGED` by their id."""
    scalars = (kind for kind in vars(language).values() if isinstance(kind, language.dtype))
    return {id(kind): kind for kind in scalars if kind.name in UNCHANGED}


def _broadcast_quickly(dtype: Any, semantic: Any) -> None:
    """Return two operands of one shape as they are, and fill a block where one is a scalar."""
    broadcast = semantic.broadcast_impl_value

    def broadcasted(self: Any, lhs: Any, rhs: Any) -> Any:
        left, right = lhs.type, rhs.type
        if not (isinstance(left, dtype) and isinstance(right, dtype)):
            return broadcast(self, lhs, rhs)
        # Block types of one shape share it, and scalars have none.
        shape, other = left.__dict__.get("shape"), right.__dict__.get("shape")
        if shape is other:
            return lhs, rhs
        if other is None:
            return lhs, filled(self, rhs, left.with_element_ty(right))
        if shape is None:
            return filled(self, lhs, right.with_element_ty(left)), rhs
        return broadcast(self, lhs, rhs)

    def filled(self: Any, scalar: Any, kind: Any) -> Any:
        return self.tensor(self.builder.create_splat(kind.to_ir(self.builder), scalar.handle), kind)

    semantic.broadcast_impl_value = broadcasted


def _check_types_quickly(language: Any, semantic: Any, interpreter: Any) -> None:
    """Convert two operands only if they differ, and make a block of one number once.

    The further arguments say whether either operand may be a pointer, whether operands are converted, and whether this
    is a division.
    """
    check, tensor = semantic.binary_op_type_checking_impl, language.tensor
    unchanged = _unchanged(language)
    constants = _Constants(check, interpreter.TensorHandle, tensor)

    def checked(self: Any, lhs: Any, rhs: Any, *rest: Any, **options: Any) -> Any:
        if options:
            return check(self, lhs, rhs, *rest, **options)
        if isinstance(lhs, tensor):
            kind = lhs.dtype
            if isinstance(rhs, tensor):
                other = rhs.dtype
                if id(other) in unchanged:
                    if kind is other or (kind.is_ptr() and rest[:1] == (True,) and other.is_int()):
                        return self.broadcast_impl_value(lhs, rhs)
                    if id(kind) in unchanged and rest[2:3] != (False,):
                        kind = self.computation_type_impl(kind, False, other, False, rest[3:4] == (True,))
                        return self.broadcast_impl_value(self.cast(lhs, kind), self.cast(rhs, kind))
            elif type(rhs) in NUMBERS and id(kind) in unchanged:
                return constants.operands(self, lhs, rhs, rest)
        elif type(lhs) in NUMBERS and isinstance(rhs, tensor) and id(rhs.dtype) in unchanged:
            return constants.operands(self, rhs, lhs, rest, first=True)
        return check(self, lhs, rhs, *rest)

    semantic.binary_op_type_checking_impl = checked


class _Constants:
    """Numbers as blocks of the shape of the other operand, as the interpreter has made them before."""

    def __init__(self, check: Any, handle: Any, tensor: Any) -> None:
        self.check, self.handle, self.tensor = check, handle, tensor
        self.known: dict[Any, tuple[Any, Any, Any]] = {}
        """Data, dtype of the handle, and type of the block of a number."""

    def operands(
        self, semantic: Any, block: Any, number: Any, rest: tuple[Any, ...], *, first: bool = False
    ) -> tuple[Any, Any]:
        """Return a block and a number as the operands of an operation; `first` says that the number is the first."""
        sizes = block.type.__dict__.get(SIZES, ())
        key = block.dtype.name, sizes, number, type(number), first, rest
        named = sizes or not block.type.is_block()
        found = self.known.get(key) if named else None
        if found is not None:
            data, dtype, kind = found
            constant = self.tensor(self.handle(data, dtype), kind)
            return (constant, block) if first else (block, constant)
        left, right = self.check(semantic, *((number, block) if first else (block, number)), *rest)
        kept, constant = (right, left) if first else (left, right)
        # Zero has two signs that compare equal, and NaN compares equal to nothing.
        telling = type(number) is int or (number != 0 and number == number)
        data = constant.handle.data
        if kept is block and named and telling and data.size <= LARGEST:
            if len(self.known) >= MAX_CONSTANTS:
                self.known.clear()
            data.flags.writeable = False
            self.known[key] = data, constant.handle.dtype, constant.type
        return left, right


def _cast_quickly(language: Any, semantic: Any) -> None:
    """Return a tensor that has the dtype already, and convert plain numbers at once."""
    cast = semantic.cast
    numbers = {key: kind for key, kind in _unchanged(language).items() if kind.name != "int1"}

    def converted(self: Any, input: Any, dst_ty: Any, *rest: Any, **options: Any) -> Any:
        source, target = input.dtype, dst_ty.scalar
        if source is target:
            return input
        if rest or options or id(source) not in numbers or id(target) not in numbers:
            return cast(self, input, dst_ty, *rest, **options)
        kind = input.type.with_element_ty(target)
        return self.tensor(self.builder.cast_impl(input.handle, kind), kind)

    semantic.cast = converted


def _promote_once(semantic: Any) -> None:
    """Find the dtype in which an operation is computed once for each two dtypes."""
    promote = semantic.computation_type_impl
    known: dict[tuple[int, bool, int, bool, bool], tuple[Any, Any, Any]] = {}

    def promoted(self: Any, a_ty: Any, a_is_scalar: bool, b_ty: Any, b_is_scalar: bool, div_or_mod: bool) -> Any:
        key = id(a_ty), a_is_scalar, id(b_ty), b_is_scalar, div_or_mod
        found = known.get(key)
        if found is None:
            # The dtypes are kept, so that no other ones get their ids.
            found = known[key] = promote(self, a_ty, a_is_scalar, b_ty, b_is_scalar, div_or_mod), a_ty, b_ty
        return found[0]

    semantic.computation_type_impl = promoted


def _splat_quickly(interpreter: Any) -> None:
    """Fill a block from the plain tuple of its sizes."""
    import numpy as np

    builder = interpreter.InterpreterBuilder
    splat = builder.create_splat

    def filled(self: Any, ret_ty: Any, arg: Any) -> Any:
        sizes = ret_ty.__dict__.get(SIZES)
        if sizes is None or arg.data.shape != (1,):
            return splat(self, ret_ty, arg)
        data = np.empty(sizes, interpreter._get_np_dtype(arg.dtype))
        data.fill(arg.data[0])
        return interpreter.TensorHandle(data, arg.dtype.scalar)

    builder.create_splat = filled
