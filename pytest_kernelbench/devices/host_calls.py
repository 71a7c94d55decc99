"""Functions for the GPU that host code calls: Triton refuses these calls, so that they are refused here, too.

`tl.cdiv` in the size of a grid is the usual one; `triton.cdiv` is for host code.
"""

from __future__ import annotations

from functools import wraps
from typing import Any

JIT_FUNCTION = "Cannot call @triton.jit'd outside of the scope of a kernel"
BUILTIN = "Did you forget to add @triton.jit ? (`_semantic` argument must be provided outside of JIT functions.)"
"""The messages of Triton itself, for functions with `triton.jit` and for those of the language."""


def install() -> None:
    """Let programs alone call functions of the language and those with `triton.jit`.

    Call it before any other patch of the interpreter: functions that give the size of a grid then run outside of the
    launch that is wrapped here, and the language is patched with what is wrapped here.
    """
    from triton.runtime import interpreter

    launch, call, patch = (
        interpreter.GridExecutor.__call__,
        interpreter.InterpretedFunction.__call__,
        interpreter._patch_attr,
    )
    running = 0  # launches that run now

    def launched(self: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal running
        running += 1
        try:
            return launch(self, *args, **kwargs)
        finally:
            running -= 1

    def by_triton(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not running:
            raise RuntimeError(JIT_FUNCTION)
        return call(self, *args, **kwargs)

    def patched(owner: Any, name: str, member: Any, *rest: Any) -> None:
        @wraps(member)
        def by_triton(*args: Any, **kwargs: Any) -> Any:
            if not running:
                raise ValueError(BUILTIN)
            return member(*args, **kwargs)

        patch(owner, name, by_triton, *rest)

    interpreter.GridExecutor.__call__ = launched
    interpreter.InterpretedFunction.__call__ = by_triton
    interpreter._patch_attr = patched
