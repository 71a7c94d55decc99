"""Make numbers of interpreted kernels scalar tensors wherever the compiler does, so that both compute alike.

The compiler keeps a Python number only where it is a `constexpr`: whatever is assigned to a variable becomes a tensor,
and so does what a condition at run time chooses. The interpreter misses some of these places, where Python then floors
quotients and never overflows.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from pytest_kernelbench.devices.loops import LoopIndex


def install() -> None:
    """Patch Triton's interpreter until this process ends."""
    from triton.runtime import interpreter

    interpreter._implicit_cvt = _with_numbers(interpreter, interpreter._implicit_cvt)
    _patch_semantic(interpreter.interpreter_semantic)
    # Kernels that the interpreter rewrites can see every name in its module.
    interpreter._kernelbench_assigned = assigned
    interpreter._kernelbench_chosen = chosen
    transformer = interpreter.ASTTransformer
    transformer.visit_Assign = _visit_assign
    transformer.visit_AnnAssign = _visit_annotated
    transformer.visit_AugAssign = _visit_augmented
    transformer.visit_NamedExpr = _visit_named
    transformer.visit_IfExp = _visit_choice


def assigned(value: Any) -> Any:
    """Return what a variable holds after an assignment: a tensor for each number, in tuples too."""
    from triton.runtime.interpreter import interpreter_semantic

    if type(value) is tuple:
        return tuple(assigned(item) for item in value)
    return interpreter_semantic.to_tensor(value, False)


def chosen(test: Any, value: Any) -> Any:
    """Return what a conditional expression gives: a tensor if the condition is known at run time only."""
    import triton.language as tl

    return assigned(value) if isinstance(test, tl.tensor) else value


def _call(name: str, *arguments: ast.expr) -> ast.expr:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


def _visit_assign(self: ast.NodeTransformer, node: ast.Assign) -> ast.AST:
    """Make what is assigned a tensor; the language has no `x = y = value`."""
    if len(node.targets) > 1:
        raise ValueError("Multiple assignments are not supported")
    self.generic_visit(node)
    node.value = _call("_kernelbench_assigned", node.value)
    return node


def _visit_annotated(self: ast.NodeTransformer, node: ast.AnnAssign) -> ast.AST:
    """Make `x: t = value` an assignment, unless `t` is `constexpr`, which keeps Python's semantics."""
    self.generic_visit(node)
    if node.value is not None and not ast.unparse(node.annotation).endswith("constexpr"):
        node.value = _call("_kernelbench_assigned", node.value)
    return node


def _visit_augmented(self: ast.NodeTransformer, node: ast.AugAssign) -> ast.AST:
    """Make `x += value` the assignment `x = x + value`, as the compiler does."""
    if not isinstance(node.target, ast.Name):
        return self.generic_visit(node)
    value = ast.BinOp(ast.Name(node.target.id, ast.Load()), node.op, self.visit(node.value))
    assignment = ast.Assign([node.target], _call("_kernelbench_assigned", ast.copy_location(value, node)))
    return ast.copy_location(assignment, node)


def _visit_named(self: ast.NodeTransformer, node: ast.NamedExpr) -> ast.AST:
    self.generic_visit(node)
    node.value = _call("_kernelbench_assigned", node.value)
    return node


def _visit_choice(self: ast.NodeTransformer, node: ast.IfExp) -> ast.AST:
    """Pass the condition to what it chooses; the name is read first, since the value may be a choice itself."""
    self.generic_visit(node)
    name = "_kernelbench_test"
    node.test = ast.NamedExpr(ast.Name(name, ast.Store()), node.test)
    node.body = _call("_kernelbench_chosen", ast.Name(name, ast.Load()), node.body)
    node.orelse = _call("_kernelbench_chosen", ast.Name(name, ast.Load()), node.orelse)
    return node


def _patch_semantic(semantic: Any) -> None:
    """Give loop variables their dtype wherever they meet tensors: Python numbers take that of the other operand."""
    to_tensor, check = semantic.to_tensor, semantic.binary_op_type_checking_impl

    def converted(value: Any, *rest: Any, **options: Any) -> Any:
        return value.tensor() if isinstance(value, LoopIndex) else to_tensor(value, *rest, **options)

    def checked(first: Any, second: Any, *rest: Any, **options: Any) -> Any:
        first = first.tensor() if isinstance(first, LoopIndex) else first
        second = second.tensor() if isinstance(second, LoopIndex) else second
        return check(first, second, *rest, **options)

    semantic.to_tensor, semantic.binary_op_type_checking_impl = converted, checked


def _with_numbers(interpreter: Any, convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Pass numbers as scalars of the dtype of compiled kernels.

    Float arguments are float32, so that arithmetic with half-precision blocks widens. Integers from 2^31 on are int64,
    which the interpreter keeps in uint32.
    """
    import numpy as np
    import triton.language as tl

    def converted(argument: Any) -> Any:
        if isinstance(argument, float):
            return tl.tensor(interpreter.TensorHandle(np.array([argument], dtype=np.float32), tl.float32), tl.float32)
        if type(argument) is int and 1 << 31 <= argument < 1 << 32:
            return tl.tensor(interpreter.TensorHandle(np.array([argument], dtype=np.int64), tl.int64), tl.int64)
        return convert(argument)

    return converted
