"""Integers that Triton compiles as constants: an argument of 1 is no tensor in the kernel, and has no method `to`.

Triton's JIT replaces an integer argument that equals 1 by a constant, unless the parameter is annotated or listed in
`do_not_specialize`. Its interpreter passes a tensor instead, so that `stride.to(tl.int64)` works there and does not
compile for the stride of a contiguous tensor. Here such an argument stays a tensor in arithmetic, whose results are
the same, and refuses the methods that a constant does not have.
"""

from __future__ import annotations

import functools
import inspect
from typing import Any

MISSING = ("to", "cast")
"""Methods of scalar tensors that constants do not have."""


def install(interpreter: Any) -> None:
    """Patch launches of Triton's interpreter until this process ends."""
    run = interpreter.InterpretedFunction.run

    def specialised(self: Any, *args: Any, **kwargs: Any) -> Any:
        names = _specialised_parameters(self.fn, tuple(self.kwargs.get("do_not_specialize") or ()))
        positional = [_constant(interpreter, name, arg, names) for name, arg in zip(self.arg_names, args, strict=False)]
        named = {name: _constant(interpreter, name, arg, names) for name, arg in kwargs.items()}
        return run(self, *positional, *args[len(positional) :], **named)

    interpreter.InterpretedFunction.run = specialised


def _constant(interpreter: Any, name: str, argument: Any, names: frozenset[str]) -> Any:
    """Return the argument, or a tensor that refuses the methods in `MISSING` where Triton makes it a constant."""
    if type(argument) is not int or argument != 1 or name not in names:
        return argument
    one = interpreter._implicit_cvt(1)
    return _class_of_ones()(name, one.handle, one.type)


@functools.lru_cache(maxsize=256)
def _specialised_parameters(function: Any, excepted: tuple[Any, ...]) -> frozenset[str]:
    """Return the parameters of a kernel for which Triton makes an integer of 1 a constant."""
    parameters = enumerate(inspect.signature(function).parameters.values())
    return frozenset(
        parameter.name
        for index, parameter in parameters
        if parameter.annotation is inspect.Parameter.empty and not {index, parameter.name} & set(excepted)
    )


@functools.cache
def _class_of_ones() -> type[Any]:
    """Return the class of an integer argument that equals 1."""
    import triton.language as tl

    class One(tl.tensor):  # type: ignore[misc]
        def __init__(self, name: str, handle: Any, kind: Any) -> None:
            super().__init__(handle, kind)
            self.argument = name

    for name in MISSING:
        setattr(One, name, property(functools.partial(_refuse, name)))
    return One


def _refuse(name: str, one: Any) -> Any:
    """Raise what the constant raises that Triton makes of the argument."""
    reason = f"Triton makes the argument `{one.argument}` a constant because it is 1"
    raise AttributeError(f"'constexpr' object has no attribute '{name}': {reason}")
