"""Give the interpreter all functions of `triton.language.extra.libdevice`, however a kernel imports them.

Triton's own tables stay in charge of which dtypes a function takes, so that what the compiler refuses is refused here.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from pytest_kernelbench.devices.bare_names import given

GENERIC = "triton.language.extra.libdevice"
"""The module whose functions the compiler replaces by those of the target's form."""

FORMS = ("triton.language.extra.cuda.libdevice", "triton.language.extra.hip.libdevice")
"""The forms of the targets; where a function is in both, the generic module means the first."""


def install() -> None:
    """Patch Triton's builder and its modules until this process ends; call it before a kernel is imported."""
    from triton.runtime import interpreter

    type(interpreter.interpreter_builder).create_extern_elementwise = _elementwise
    for form in reversed(FORMS):
        module = importlib.import_module(form)
        for name, function in _builtins(module).items():
            called = given(function, interpreter.interpreter_semantic)
            setattr(module, name, called)
            setattr(importlib.import_module(GENERIC), name, called)


def _builtins(module: ModuleType) -> dict[str, Callable[..., Any]]:
    """Return the functions of a module that the compiler passes its state to."""
    from triton.language import core

    return {name: value for name, value in vars(module).items() if callable(value) and core.is_builtin(value)}


def _elementwise(
    builder: Any, library: str, path: str, symbol: str, handles: Sequence[Any], result: Any, pure: bool
) -> Any:
    """Compute a function of a device library; this stands in for the builder's `create_extern_elementwise`."""
    import torch
    from triton.runtime.interpreter import TensorHandle, _get_np_dtype

    from pytest_kernelbench.devices.libdevice.symbols import compute

    # What torch computes here stands for one instruction of the kernel; it is no work of the host code.
    with torch._C._DisableTorchDispatch():
        data = compute(symbol, [handle.data for handle in handles], _get_np_dtype(result.scalar))
    return TensorHandle(data, result.scalar)
