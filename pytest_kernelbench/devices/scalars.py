"""Give numbers of interpreted kernels the dtype that they have in compiled ones: loop variables and arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytest_kernelbench.devices.loops import LoopIndex


def install() -> None:
    """Patch Triton's interpreter until this process ends."""
    from triton.runtime import interpreter

    interpreter._implicit_cvt = _with_numbers(interpreter, interpreter._implicit_cvt)
    _patch_semantic(interpreter.interpreter_semantic)


def _patch_semantic(semantic: Any) -> None:
    """Give loop variables their dtype wherever they meet tensors: Python numbers take that of the other operand."""
    to_tensor, check = semantic.to_tensor, semantic.binary_op_type_checking_impl

    def converted(value: Any, *rest: Any, **options: Any) -> Any:
        return value.tensor() if isinstance(value, LoopIndex) else to_tensor(value, *rest, **options)

    def checked(first: Any, second: Any, *rest: Any, **options: Any) -> Any:
        first = first.tensor() if isinstance(first, LoopIndex) else first
        second = second.tensor() if isinstance(second, LoopIndex) else second
        return check(first, second, *rest, **options)

    semantic.to_tensor, semantic.binary_op_type_checking_impl = converted, checked


def _with_numbers(interpreter: Any, convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Pass numbers as scalars of the dtype of compiled kernels.

    Float arguments are float32, so that arithmetic with half-precision blocks widens. Integers from 2^31 on are int64,
    which the interpreter keeps in uint32.
    """
    import numpy as np
    import triton.language as tl

    def converted(argument: Any) -> Any:
        if isinstance(argument, float):
            return tl.tensor(interpreter.TensorHandle(np.array([argument], dtype=np.float32), tl.float32), tl.float32)
        if type(argument) is int and 1 << 31 <= argument < 1 << 32:
            return tl.tensor(interpreter.TensorHandle(np.array([argument], dtype=np.int64), tl.int64), tl.int64)
        return convert(argument)

    return converted
