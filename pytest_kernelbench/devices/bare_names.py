"""Make functions of `triton.language` work however a kernel names them, as in the compiler.

The interpreter replaces them in `tl` while a launch runs, so `from triton.language import load` and some methods of
blocks keep the functions that only the compiler can call. Here they are replaced once, before a kernel is imported.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from types import FunctionType
from typing import Any


def install() -> None:
    """Patch `triton.language` until this process ends; call it before any other patch of the interpreter."""
    import triton.language as tl
    from triton.runtime import interpreter

    patch = interpreter._patch_lang
    seeing = FunctionType((lambda: None).__code__, {"tl": tl, "core": tl.core})
    # What this returns could undo the patch, and is not used.
    patch(seeing)

    def patched(function: Any) -> Any:
        # Triton's demands that each function can see the language, which the compiler does not.
        sees = any(value is tl or value is tl.core for value in function.__globals__.values())
        return patch(function if sees else seeing)

    interpreter._patch_lang = patched
    for name, method in vars(tl.tensor).items():
        if inspect.isfunction(method) and "_semantic" in inspect.signature(method).parameters:
            setattr(tl.tensor, name, given(method, interpreter.interpreter_semantic))


def given(function: Callable[..., Any], semantic: Any) -> Callable[..., Any]:
    """Return a function of the language that is given the interpreter's state."""

    @wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **{**kwargs, "_semantic": semantic})

    # The interpreter would take it for one that it has yet to patch.
    vars(called).pop("__triton_builtin__", None)
    return called
