"""What Triton's compiler does with Python's operators and built-in functions, for kernels that the interpreter runs.

`rewriting.py` puts calls of these functions into a kernel's code. Where the compiler would refuse the code, they raise
`LanguageError`.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
import triton.language as tl
from triton.runtime import interpreter

from pytest_kernelbench.devices.loops import LoopIndex

CONDITIONS = (bool, int, type(None), np.bool_, np.integer)
"""Types of Python values that may be the condition of an `if`."""


class LanguageError(Exception):
    """Code that Triton's compiler refuses."""


def refuse(reason: str) -> NoReturn:
    """Raise `LanguageError`; stands where the compiler would have refused the code."""
    raise LanguageError(reason)


def bare(value: Any) -> Any:
    """Return the value of a constexpr, and anything else as it is."""
    return value.value if isinstance(value, tl.constexpr) else value


def value_of(owner: Any) -> Any:
    """Return `owner.value`: constexpr parameters are plain Python values here, and are their own value."""
    if owner is None or isinstance(owner, (bool, int, float, str, tuple, tl.dtype)):
        return owner
    return owner.value


def assigned(value: Any) -> Any:
    """Return what a variable holds after an assignment: numbers become scalar tensors, also those in tuples."""
    if type(value) is tl.tensor:
        return value
    value = bare(value)
    if isinstance(value, tuple):
        parts = [assigned(part) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return interpreter.interpreter_semantic.to_tensor(value, False)


def chosen(test: Any, value: Any) -> Any:
    """Return what a conditional expression gives: a tensor if its condition is known at run time only."""
    return assigned(value) if isinstance(test, tl.tensor) else value


def given(value: Any) -> Callable[[], Any]:
    """Return a function that returns the value."""
    return lambda: value


def conjunction(first: Any, *rest: Callable[[], Any]) -> Any:
    """Return `first and ...`: elementwise between tensors, decided at once by what is known when it is compiled."""
    return _join("logical_and", first, rest)


def disjunction(first: Any, *rest: Callable[[], Any]) -> Any:
    """Return `first or ...`: elementwise between tensors, decided at once by what is known when it is compiled."""
    return _join("logical_or", first, rest)


def _join(operation: str, first: Any, rest: tuple[Callable[[], Any], ...]) -> Any:
    decisive = operation == "logical_or"
    tensors: list[Any] = []
    for operand in (given(first), *rest):
        value = operand()
        if isinstance(value, tl.tensor):
            tensors.append(value)
        elif bool(bare(value)) is decisive:
            return value
    if not tensors:
        return value
    joined = tensors.pop()
    while tensors:
        left = tensors.pop()
        joined = _logical(operation, left, joined)
    return joined


def negation(value: Any) -> Any:
    """Return `not value`: elementwise for a tensor."""
    return _logical("not_", value) if isinstance(value, tl.tensor) else not bare(value)


def _logical(operation: str, *operands: Any) -> Any:
    try:
        return getattr(interpreter.interpreter_semantic, operation)(*operands)
    except ValueError as error:  # operands wider than one bit
        raise LanguageError(f"`and`, `or` and `not` need booleans: {error}") from error


def condition(value: Any) -> bool:
    """Return the truth value of the condition of an `if`."""
    if isinstance(value, tl.tensor):
        if value.handle.data.size != 1:
            refuse("Boolean value of Tensor with more than one value is ambiguous")
        return bool(value.handle.data.item())
    value = bare(value)
    if not isinstance(value, CONDITIONS):
        refuse(f"a condition can be a bool, an int or None, and not an object of type {type(value).__name__}")
    return bool(value)


def scalar_condition(value: Any) -> bool:
    """Return the truth value of the condition of `while` and of `a if condition else b`, where a block is refused."""
    if type(value).__name__ == "condition":  # tl.condition, which older versions of Triton lack
        value = value.condition
    if isinstance(value, tl.tensor) and value.type.is_block():
        refuse("the condition is a block; only a scalar can decide here: use tl.where")
    return condition(value)


def maximum(*values: Any) -> Any:
    """Return Python's `max`, which is elementwise between tensors."""
    return _extremum(builtins.max, "maximum", values)


def minimum(*values: Any) -> Any:
    """Return Python's `min`, which is elementwise between tensors."""
    return _extremum(builtins.min, "minimum", values)


def _extremum(plain: Callable[..., Any], operation: str, values: tuple[Any, ...]) -> Any:
    values = tuple(map(bare, values))
    if not any(isinstance(value, tl.tensor) for value in values):
        found = plain(*values)
        # A loop variable is a tensor for the compiler, and what it is compared with becomes one.
        loops = any(isinstance(value, LoopIndex) for value in values)
        return LoopIndex(found) if loops and isinstance(found, int) else found
    result = values[0]
    for value in values[1:]:
        result = getattr(tl.core, operation)(result, value, _semantic=interpreter.interpreter_semantic)
    return result


def integer(*values: Any) -> Any:
    """Return Python's `int` of what is known when the kernel is compiled."""
    return int(*_known("int", values))


def floating(*values: Any) -> Any:
    """Return Python's `float` of what is known when the kernel is compiled."""
    return float(*_known("float", values))


def _known(name: str, values: tuple[Any, ...]) -> list[Any]:
    if any(isinstance(value, (tl.tensor, LoopIndex)) for value in values):
        refuse(f"{name}() needs a value that is known when the kernel is compiled; convert a tensor with x.to(dtype)")
    return [bare(value) for value in values]


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "_kernelbench_refuse": refuse,
    "_kernelbench_bare": bare,
    "_kernelbench_value": value_of,
    "_kernelbench_assigned": assigned,
    "_kernelbench_chosen": chosen,
    "_kernelbench_given": given,
    "_kernelbench_and": conjunction,
    "_kernelbench_or": disjunction,
    "_kernelbench_not": negation,
    "_kernelbench_condition": condition,
    "_kernelbench_scalar": scalar_condition,
    "_kernelbench_max": maximum,
    "_kernelbench_min": minimum,
    "_kernelbench_int": integer,
    "_kernelbench_float": floating,
}
"""The functions by the names that rewritten code calls them by."""
