"""Make loop variables and float arguments of interpreted kernels behave as in compiled ones, not as Python numbers."""

from __future__ import annotations

import ast
import builtins
import operator
from collections.abc import Callable, Iterator
from typing import Any


class LoopIndex(int):
    """A loop variable: an integer with `to` and `dtype`; arithmetic with integers gives another `LoopIndex`."""

    @property
    def dtype(self) -> Any:
        """The dtype of a compiled loop variable, int32."""
        import triton.language as tl

        return tl.int32

    def to(self, dtype: Any, *rest: Any, **options: Any) -> Any:
        """Return the value as a scalar tensor of this dtype."""
        from triton.runtime.interpreter import interpreter_semantic

        return interpreter_semantic.to_tensor(int(self), False).to(dtype, *rest, **options)


def _operator_of(name: str) -> Callable[[LoopIndex, Any], Any]:
    """Return the operator of `int`, with a `LoopIndex` as its result."""
    plain = getattr(int, name)

    def operate(self: LoopIndex, other: Any) -> Any:
        result = plain(self, other)
        return LoopIndex(result) if type(result) is int else result

    return operate


for _operator in ("add", "sub", "mul", "floordiv", "mod", "lshift", "rshift", "and", "or", "xor"):
    for _name in (f"__{_operator}__", f"__r{_operator}__"):
        setattr(LoopIndex, _name, _operator_of(_name))


def loop(*bounds: Any, step: Any = None, **hints: Any) -> Iterator[LoopIndex]:
    """Yield what `range` or `tl.range` yields, as loop variables; hints for the compiler are ignored."""
    given = [operator.index(bound) for bound in (*bounds, step) if bound is not None]
    return map(LoopIndex, builtins.range(*([0, *given] if len(bounds) == 1 and step is not None else given)))


def install() -> None:
    """Patch Triton's interpreter until this process ends."""
    from triton.runtime import interpreter

    # Kernels that the interpreter rewrites can see every name in its module.
    interpreter._kernelbench_loop = loop
    interpreter.ASTTransformer.visit_For = _visit_for
    interpreter._implicit_cvt = _with_floats(interpreter, interpreter._implicit_cvt)


def _visit_for(self: ast.NodeTransformer, node: ast.For) -> ast.AST:
    """Replace `range` and `tl.range` in a `for` statement by `loop`."""
    if isinstance(node.iter, ast.Call) and ast.unparse(node.iter.func).rpartition(".")[2] == "range":
        node.iter.func = ast.copy_location(ast.Name("_kernelbench_loop", ast.Load()), node.iter.func)
    return self.generic_visit(node)


def _with_floats(interpreter: Any, convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Pass float arguments as float32 scalars, so that arithmetic with half-precision blocks widens, as on a GPU."""
    import numpy as np
    import triton.language as tl

    def converted(argument: Any) -> Any:
        if isinstance(argument, float):
            return tl.tensor(interpreter.TensorHandle(np.array([argument], dtype=np.float32), tl.float32), tl.float32)
        return convert(argument)

    return converted
