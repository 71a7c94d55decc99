"""Loop variables and float arguments as compiled kernels see them: the interpreter passes plain Python numbers."""

from __future__ import annotations

import ast
import builtins
import operator
from collections.abc import Callable, Iterator
from typing import Any


class LoopIndex(int):
    """An integer that knows `to` and `dtype`, and stays one under arithmetic with integers."""

    @property
    def dtype(self) -> Any:
        """Return int32, the dtype of a compiled loop variable."""
        import triton.language as tl

        return tl.int32

    def to(self, dtype: Any, *rest: Any, **options: Any) -> Any:
        """Return the value as a scalar tensor of another dtype."""
        from triton.runtime.interpreter import interpreter_semantic

        return interpreter_semantic.to_tensor(int(self), False).to(dtype, *rest, **options)


def _kept(name: str) -> Callable[[LoopIndex, Any], Any]:
    plain = getattr(int, name)

    def operate(self: LoopIndex, other: Any) -> Any:
        result = plain(self, other)
        return LoopIndex(result) if type(result) is int else result

    return operate


for _operator in ("add", "sub", "mul", "floordiv", "mod", "lshift", "rshift", "and", "or", "xor"):
    for _name in (f"__{_operator}__", f"__r{_operator}__"):
        setattr(LoopIndex, _name, _kept(_name))


def loop(*bounds: Any, step: Any = None, **hints: Any) -> Iterator[LoopIndex]:
    """Yield what `range` and `tl.range` yield, as loop variables of a kernel; hints for the compiler are ignored."""
    steps = [operator.index(bound) for bound in (*bounds, step) if bound is not None]
    return map(LoopIndex, builtins.range(*([0, *steps] if len(bounds) == 1 and step is not None else steps)))


def install() -> None:
    """Give kernels these loop variables and scalars, for the rest of this process."""
    from triton.runtime import interpreter

    # Triton makes every name of this module visible to the kernels that it rewrites.
    interpreter._kernelbench_loop = loop
    interpreter.ASTTransformer.visit_For = _visit_for
    interpreter._implicit_cvt = _with_floats(interpreter, interpreter._implicit_cvt)


def _visit_for(self: ast.NodeTransformer, node: ast.For) -> ast.AST:
    """Make loops over `range` and `tl.range` loop over `loop`."""
    if isinstance(node.iter, ast.Call) and ast.unparse(node.iter.func).rpartition(".")[2] == "range":
        node.iter.func = ast.copy_location(ast.Name("_kernelbench_loop", ast.Load()), node.iter.func)
    return self.generic_visit(node)


def _with_floats(interpreter: Any, convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Pass float arguments as float32 scalars: half-precision blocks are then widened by them, as on a GPU."""
    import numpy as np
    import triton.language as tl

    def converted(argument: Any) -> Any:
        if isinstance(argument, float):
            return tl.tensor(interpreter.TensorHandle(np.array([argument], dtype=np.float32), tl.float32), tl.float32)
        return convert(argument)

    return converted
