"""Correct bfloat16 arithmetic for Triton's interpreter, which stores bfloat16 as uint16 and computes on these integers.

With the patches, arithmetic is done in float32 and rounded to nearest even, as on a GPU, comparisons are exact, and
conversions round instead of truncating. Without them, correct kernels would fail in bfloat16.
"""

from __future__ import annotations

from typing import Any

NAN = 0x7FC0
"""Bits of a NaN."""


def install() -> None:
    """Patch the interpreter's arithmetic, conversions, products and reductions, for the rest of this process."""
    from triton.runtime import interpreter

    builder = type(interpreter.interpreter_builder)
    for name in ("binary_op", "unary_op", "create_fma", "create_clampf", "create_erf", "create_rsqrt"):
        setattr(builder, name, _in_float32(interpreter, getattr(builder, name)))
    builder.cast_impl = _converting(interpreter, builder.cast_impl)
    builder.create_fp_to_fp = _converting(interpreter, builder.create_fp_to_fp)
    builder.create_dot = _multiplying(interpreter, builder.create_dot)
    # Triton 3.6 makes no constants in bfloat16, although its compiler does.
    builder.get_bf16 = _constant(interpreter)
    operations = interpreter.ReduceScanOpInterface
    operations.apply = _reducing(interpreter, operations.apply)


def widen(data: Any) -> Any:
    """Convert an array of bfloat16 bits (uint16) to float32 values."""
    import numpy as np

    return (np.asarray(data).astype(np.uint32) << 16).view(np.float32)


def narrow(data: Any) -> Any:
    """Convert float32 values to an array of bfloat16 bits (uint16), rounded to nearest even; NaN becomes `NAN`."""
    import numpy as np

    values = np.ascontiguousarray(data, dtype=np.float32)
    bits = values.view(np.uint32).reshape(np.shape(data))
    rounded = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
    return np.where(np.isnan(values).reshape(np.shape(data)), np.uint16(NAN), rounded).astype(np.uint16)


def _is_bfloat16(handle: Any) -> bool:
    import triton.language as tl

    return hasattr(handle, "dtype") and hasattr(handle, "data") and handle.dtype.scalar == tl.bfloat16


def _wide(interpreter: Any, handle: Any) -> Any:
    import triton.language as tl

    return interpreter.TensorHandle(widen(handle.data), tl.float32) if _is_bfloat16(handle) else handle


def _narrow(interpreter: Any, handle: Any) -> Any:
    """Round a float32 result to bfloat16; the bools of a comparison stay."""
    import numpy as np
    import triton.language as tl

    if handle.data.dtype == np.bool_:
        return handle
    return interpreter.TensorHandle(narrow(handle.data), tl.bfloat16)


def _constant(interpreter: Any) -> Any:
    """Return the operation of the builder that makes a constant."""
    import numpy as np
    import triton.language as tl

    def constant(self: Any, value: float) -> Any:
        return interpreter.TensorHandle(narrow(np.array([value], dtype=np.float32)), tl.bfloat16)

    return constant


def _in_float32(interpreter: Any, operation: Any) -> Any:
    """Wrap an elementwise operation of the builder."""

    handle = interpreter.TensorHandle

    def wrapped(self: Any, *operands: Any) -> Any:
        for each in operands:
            # The bits of a bfloat16 are 16 unsigned ones, which most operands have not.
            if type(each) is handle and each.data.dtype.char == "H" and _is_bfloat16(each):
                break
        else:
            return operation(self, *operands)
        return _narrow(interpreter, operation(self, *(_wide(interpreter, operand) for operand in operands)))

    return wrapped


def _converting(interpreter: Any, convert: Any) -> Any:
    """Wrap a conversion between dtypes."""
    import triton.language as tl

    def wrapped(self: Any, source: Any, target: Any, *rest: Any) -> Any:
        source = _wide(interpreter, source)
        if target.scalar != tl.bfloat16:
            return convert(self, source, target, *rest) if source.dtype.scalar != target.scalar else source
        if source.dtype.scalar != tl.float32:
            source = convert(self, source, tl.float32, *rest)
        return _narrow(interpreter, source)

    return wrapped


def _multiplying(interpreter: Any, multiply: Any) -> Any:
    """Wrap the matrix product."""

    def wrapped(self: Any, a: Any, b: Any, d: Any, *rest: Any) -> Any:
        product = multiply(self, *(_wide(interpreter, operand) for operand in (a, b, d)), *rest)
        return _narrow(interpreter, product) if _is_bfloat16(d) else product

    return wrapped


def _reducing(interpreter: Any, apply: Any) -> Any:
    """Wrap reductions and scans."""
    import triton.language as tl

    def rebuilt(tensor: Any, handle: Any) -> Any:
        kind = tl.block_type(handle.dtype, list(tensor.shape)) if tensor.shape else handle.dtype
        return tl.core.tensor(handle, kind)

    def wrapped(self: Any, inputs: Any) -> Any:
        if not isinstance(inputs, tuple) or not any(_is_bfloat16(tensor.handle) for tensor in inputs):
            return apply(self, inputs)
        results = apply(self, tuple(rebuilt(tensor, _wide(interpreter, tensor.handle)) for tensor in inputs))
        return tuple(
            rebuilt(result, _narrow(interpreter, result.handle)) if _is_bfloat16(tensor.handle) else result
            for tensor, result in zip(inputs, results, strict=True)
        )

    return wrapped
