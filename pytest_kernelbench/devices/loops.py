"""Make loop variables of interpreted kernels behave as in compiled ones: integers of 32 or 64 bits, as in C."""

from __future__ import annotations

import ast
import builtins
import operator
from collections.abc import Callable, Iterator
from typing import Any


class LoopIndex(int):
    """A loop variable of 32 bits: an integer that wraps around, and whose `//` and `%` round towards zero.

    Arithmetic with integers gives another loop variable, all other arithmetic a scalar tensor.
    """

    bits = 32

    @property
    def dtype(self) -> Any:
        """The dtype of the compiled loop variable."""
        import triton.language as tl

        return tl.int32 if self.bits == 32 else tl.int64

    def tensor(self) -> Any:
        """Return the value as a scalar tensor of its own dtype."""
        from triton.runtime.interpreter import interpreter_semantic

        return interpreter_semantic.scalar_constant(int(self), dtype=self.dtype)

    def to(self, dtype: Any, *rest: Any, **options: Any) -> Any:
        """Return the value as a scalar tensor of this dtype."""
        return self.tensor().to(dtype, *rest, **options)

    def __neg__(self) -> LoopIndex:
        return _index(-int(self), self.bits)

    def __invert__(self) -> LoopIndex:
        return _index(~int(self), self.bits)

    def __abs__(self) -> LoopIndex:
        return _index(abs(int(self)), self.bits)

    def __pos__(self) -> LoopIndex:
        return self


class LongLoopIndex(LoopIndex):
    """A loop variable of 64 bits, of a loop whose bounds or step have 64 bits."""

    bits = 64


def _index(value: int, bits: int) -> LoopIndex:
    """Return a value as a loop variable of so many bits, wrapped around."""
    half = 1 << (bits - 1)
    return (LoopIndex if bits == 32 else LongLoopIndex)((value + half) % (2 * half) - half)


def quotient(dividend: int, divisor: int) -> int:
    """Return the quotient, rounded towards zero, as in C."""
    size = abs(dividend) // abs(divisor)
    return size if (dividend < 0) == (divisor < 0) else -size


def remainder(dividend: int, divisor: int) -> int:
    """Return the remainder of `quotient`, which has the sign of the dividend."""
    return dividend - divisor * quotient(dividend, divisor)


_INTEGER: dict[str, Callable[[int, int], int]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "floordiv": quotient, "mod": remainder,
    "lshift": operator.lshift, "rshift": operator.rshift, "and": operator.and_, "or": operator.or_, "xor": operator.xor,
}  # fmt: skip
"""What each operator does with two integers."""


def _operator_of(name: str, *, reflected: bool) -> Callable[[LoopIndex, Any], Any]:
    """Return an operator of loop variables."""
    compute = _INTEGER.get(name)
    general = getattr(operator, name + "_" if name in ("and", "or") else name)

    def operate(self: LoopIndex, other: Any) -> Any:
        other = _unwrapped(other)
        if compute is not None and isinstance(other, int):
            first, second = (int(other), int(self)) if reflected else (int(self), int(other))
            return _index(compute(first, second), max(self.bits, getattr(other, "bits", 32)))
        if isinstance(other, (int, float)):
            return general(other, self.tensor()) if reflected else general(self.tensor(), other)
        return NotImplemented

    return operate


for _operator in (*_INTEGER, "truediv"):
    setattr(LoopIndex, f"__{_operator}__", _operator_of(_operator, reflected=False))
    setattr(LoopIndex, f"__r{_operator}__", _operator_of(_operator, reflected=True))


def _unwrapped(value: Any) -> Any:
    """Return the value of a `constexpr`, and anything else as it is."""
    import triton.language as tl

    return value.value if isinstance(value, tl.constexpr) else value


def loop(*bounds: Any, step: Any = None, **hints: Any) -> Iterator[Any]:
    """Yield what `range` or `tl.range` yields, as loop variables; hints for the compiler are ignored.

    Bounds and step decide the dtype of the variable, as in the compiler; of unsigned ones it is a scalar tensor.
    """
    given = [_unwrapped(bound) for bound in (*bounds, step) if bound is not None]
    kinds = [str(getattr(bound, "dtype", "int32")) for bound in given]
    # Some versions of Triton cannot make an integer of a scalar tensor with every version of numpy.
    values = [int(bound.handle.data.item()) if hasattr(bound, "handle") else operator.index(bound) for bound in given]
    if len(bounds) == 1 and step is not None:
        values = [0, *values]
    span = builtins.range(*values)
    if any("uint" in kind for kind in kinds):
        return map(_unsigned("uint64" if any("64" in kind for kind in kinds) else "uint32"), span)
    wide = any("64" in kind for kind in kinds) or any(not -(1 << 31) <= value < 1 << 31 for value in values)
    return map(LongLoopIndex if wide else LoopIndex, span)


def _unsigned(name: str) -> Callable[[int], Any]:
    """Return a function that makes scalar tensors of an unsigned dtype."""
    import triton.language as tl
    from triton.runtime.interpreter import interpreter_semantic

    return lambda value: interpreter_semantic.scalar_constant(value, dtype=getattr(tl, name))


def install() -> None:
    """Patch Triton's interpreter until this process ends."""
    from triton.runtime import interpreter

    # Kernels that the interpreter rewrites can see every name in its module.
    interpreter._kernelbench_loop = loop
    interpreter.ASTTransformer.visit_For = _visit_for


def _visit_for(self: ast.NodeTransformer, node: ast.For) -> ast.AST:
    """Replace `range` and `tl.range` in a `for` statement by `loop`."""
    if isinstance(node.iter, ast.Call) and ast.unparse(node.iter.func).rpartition(".")[2] == "range":
        node.iter.func = ast.copy_location(ast.Name("_kernelbench_loop", ast.Load()), node.iter.func)
    return self.generic_visit(node)
