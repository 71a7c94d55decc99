"""Let interpreted functions pass for compiled ones, as libraries of kernels expect that wrap or inspect them."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any


def install() -> None:
    """Make interpreted functions instances of `triton.JITFunction`; call it after all other patches of their class."""
    from triton.runtime import interpreter
    from triton.runtime.jit import JITFunction

    original = interpreter.InterpretedFunction
    # What the interpreter defines itself stays before what it inherits now.
    members = {"__getattr__": _attribute, "__get__": _method, "cache_key": property(_cache_key)}
    interpreter.InterpretedFunction = type(original.__name__, (original, JITFunction), members)
    # Arguments are in this memory already, and only tensors can be copied; a launcher takes whatever has an address.
    interpreter.GridExecutor._init_args_hst = lambda executor, args, kwargs: (args, kwargs)
    interpreter.GridExecutor._restore_args_dev = lambda executor, args, args_hst, kwargs, kwargs_hst: None


def _method(self: Any, instance: Any, owner: Any = None) -> Any:
    """Return the function as a method of a value of the language, such as an aggregate; host code gets it as it is."""
    from triton.language.core import base_value

    return partial(self, instance) if isinstance(instance, base_value) else self


def _cache_key(self: Any) -> str:
    """Return a key of the source code; that of a compiled function would also follow what it calls."""
    return hashlib.sha256(f"{self.__module__}.{self.__name__}\n{self.src}".encode()).hexdigest()


def _attribute(self: Any, name: str) -> Any:
    """Return an attribute that only compiled functions have, such as `params`."""
    own = vars(self)
    if name == "__globals__":
        return self.fn.__globals__
    if name.startswith("__") or "fn" not in own:
        raise AttributeError(name)
    if "compiled_form" not in own:
        from triton.runtime.jit import JITFunction

        try:
            own["compiled_form"] = JITFunction(self.fn, **self.kwargs)
        except (OSError, TypeError, ValueError):  # a function without source code
            raise AttributeError(name) from None
    return getattr(own["compiled_form"], name)


def completed(
    function: Any, arguments: Sequence[Any], first: Sequence[Any], named: Mapping[str, Any]
) -> dict[str, Any]:
    """Return all arguments of a launch by name that was given some by position, as launches of handles are.

    Those are all of them, or all but the constants that the kernel was compiled for; `first` and `named` are the
    arguments of the launch that it was compiled at.
    """
    if len(arguments) >= len(function.arg_names):
        return dict(zip(function.arg_names, arguments, strict=False))
    bound = inspect.signature(function.fn).bind_partial(
        *first, **{name: value for name, value in named.items() if name in function.arg_names}
    )
    bound.apply_defaults()
    constants = {each.name for each in function.params if each.is_constexpr}
    known = {name: value for name, value in bound.arguments.items() if name in constants}
    return {
        **known,
        **dict(zip((name for name in function.arg_names if name not in constants), arguments, strict=False)),
    }
