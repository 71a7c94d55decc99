"""Cases as JSON, for messages between processes, and as source, for the command line."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from typing import Any

from pytest_kernelbench.model.case import Case, DType, Generator, Tensor
from pytest_kernelbench.model.errors import TaskError


def encode(value: Any) -> Any:
    """Convert a case or one of its values to JSON types; `decode` is the inverse."""
    match value:
        case Case():
            return {"case": {name: encode(item) for name, item in value.arguments.items()}}
        case Tensor():
            return {"tensor": [list(value.shape), value.dtype, value.fill, value.layout, value.seed, value.edited]}
        case DType():
            return {"dtype": value.name}
        case Generator():
            return {"generator": value.seed}
        case tuple():
            return {"tuple": [encode(item) for item in value]}
        case list():
            return [encode(item) for item in value]
        case complex():
            return {"complex": [repr(value.real), repr(value.imag)]}
        case float() if not math.isfinite(value):
            return {"float": repr(value)}
    return value


def decode(value: Any) -> Any:
    """Convert the JSON types of `encode` back to a case or a value."""
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    match kind:
        case "case":
            return Case(**{name: decode(item) for name, item in content.items()})
        case "tensor":
            return Tensor(tuple(content[0]), *content[1:])
        case "dtype":
            return DType(content)
        case "generator":
            return Generator(content)
        case "tuple":
            return tuple(decode(item) for item in content)
        case "complex":
            return complex(float(content[0]), float(content[1]))
        case "float":
            return float(content)
    raise TaskError(f"not an encoded case: {kind!r}")


def parse(source: str) -> Case:
    """Parse the `repr` of a case, without evaluating code.

    Raises `TaskError` for anything but calls of Case, Tensor, DType, Generator and float on literals.
    """
    try:
        value = _build(ast.parse(source.strip(), mode="eval").body)
    except (SyntaxError, ValueError, TypeError) as error:
        raise TaskError(f"not a case: {source!r} ({error})") from None
    if not isinstance(value, Case):
        raise TaskError(f"not a case: {source!r}; write Case(name=value, ...)")
    return value


def _build(node: ast.expr) -> Any:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        makers: dict[str, Callable[..., Any]] = {
            kind.__name__: kind for kind in (Case, Tensor, DType, Generator, float)
        }
        if node.func.id not in makers:
            raise ValueError(f"{node.func.id} is not one of {', '.join(makers)}")
        if any(keyword.arg is None for keyword in node.keywords):
            raise ValueError("arguments are written out")
        keywords = {keyword.arg: _build(keyword.value) for keyword in node.keywords if keyword.arg}
        return makers[node.func.id](*map(_build, node.args), **keywords)
    if isinstance(node, ast.Tuple):
        return tuple(map(_build, node.elts))
    if isinstance(node, ast.List):
        return list(map(_build, node.elts))
    return ast.literal_eval(node)
