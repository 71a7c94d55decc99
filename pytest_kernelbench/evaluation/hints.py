"""Patterns from the hints of a reference: `x: "rows n"`, or jaxtyping's `x: Float[Tensor, "rows n"]`."""

from __future__ import annotations

import ast
import builtins
import inspect
import re
from collections.abc import Callable
from typing import Any

from pytest_kernelbench.authoring.patterns import Pattern, Sized, Varying
from pytest_kernelbench.model.case import ITEMSIZE
from pytest_kernelbench.model.errors import TaskError

_JAXTYPING = re.compile(r"(\w+)\[[\w.]*Tensor, *['\"]([^'\"]*)['\"]\]")
_SIZES = re.compile(r"(?:[^\W\d]\w*|\d+)(?: +(?:[^\W\d]\w*|\d+))*")


def hinted(name: str, reference: Callable[..., Any]) -> tuple[dict[str, Varying], Pattern]:
    """Return the sizes and the pattern that the hints describe; raises `TaskError` where they say too little.

    A parameter without a hint must have a default, and keeps it.
    """
    arguments: dict[str, Any] = {}
    for parameter in inspect.signature(reference).parameters.values():
        dims, dtype = _sizes(parameter.annotation)
        if dims is not None:
            arguments[parameter.name] = Sized(*dims, dtype=dtype, fill="integers(0, 2)" if dtype else None)
        elif parameter.default is inspect.Parameter.empty:
            raise TaskError(
                f"{name}: nothing says what {parameter.name} is: give cases=, examples=, or a hint with the names of "
                f'its sizes, {parameter.name}: "rows n"'
            )
    pattern = Pattern(**arguments)
    if not arguments:
        raise TaskError(f'{name}: it has no tensors: give cases=, examples=, or hints such as x: "rows n"')
    return {size: Varying() for size in pattern.names()}, pattern


def _sizes(hint: Any) -> tuple[list[str | int] | None, str | None]:
    """Return the sizes that a hint names, and the dtype if it names one that is not a float."""
    if isinstance(hint, str) and (found := _JAXTYPING.search(hint)):
        kind, text = found[1].lower(), found[2]
    elif isinstance(getattr(hint, "dim_str", None), str):
        kind, text = hint.__name__.partition("[")[0].lower(), hint.dim_str
    elif isinstance(hint, str):
        kind, text = "float", _unquoted(hint)
    else:
        return None, None
    if text is None or not _SIZES.fullmatch(text.strip()):
        return None, None
    integers = {"int": "int64", "integer": "int64", "bool": "bool"}
    dtype = integers.get(kind) or (kind if kind in ITEMSIZE and not kind.startswith(("float", "bfloat")) else None)
    return [int(part) if part.isdigit() else part for part in text.split()], dtype


def _unquoted(hint: str) -> str | None:
    """Return the text of a hint that is a string; with postponed evaluation, it comes with its quotes."""
    try:
        value = ast.literal_eval(hint)
    except (ValueError, SyntaxError):
        is_type = hasattr(builtins, hint) or not hint.replace(" ", "").replace("_", "").isalnum() or not hint.islower()
        return None if is_type else hint
    return value if isinstance(value, str) else None
