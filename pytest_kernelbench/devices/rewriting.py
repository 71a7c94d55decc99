"""Rewrite kernels before Triton's interpreter runs them, so that Python's syntax means what the compiler makes of it.

The interpreter runs a kernel's code as Python. There, `a and b` is one of the two, `if` takes any object, `max`
compares truth values, and every statement of Python works. Triton's compiler reads the same code in another way, or
refuses it. What it refuses raises where the code is reached, and not before, because code that is not reached may be
code that the compiler leaves out as well.
"""

from __future__ import annotations

import ast
import builtins
import types
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

BUILTINS = {
    "max": "_kernelbench_max",
    "min": "_kernelbench_min",
    "int": "_kernelbench_int",
    "float": "_kernelbench_float",
}
"""Built-in functions of Python that the compiler replaces, and what replaces them here."""

PLAIN = (bool, int, float, complex, str, bytes, list, dict, set, frozenset)
"""Types of global variables that a kernel cannot read."""

PARTS = (ast.Starred, ast.FormattedValue)
"""Expressions that the compiler reads as parts of others."""


class Rewriter(ast.NodeTransformer):
    """Rewrites one kernel function; mixed into the interpreter's own transformer, whose methods run after these."""

    language: Any
    """The compiler's class that reads a kernel's syntax, `triton.compiler.code_generator.CodeGenerator`."""
    chains: bool
    """Whether the compiler accepts `a < b < c`."""

    def __init__(self, scope: dict[str, Any], *, any_global: bool = False) -> None:
        """`scope` has the global variables of the function; with `any_global` it may read all of them."""
        self.scope = scope
        self.any_global = any_global
        self.local: set[str] = set()
        self.loops = 0
        """Depth of loops that the compiler does not unroll."""

    def visit(self, node: ast.AST) -> Any:
        """Replace statements and expressions that the compiler does not know."""
        name = type(node).__name__
        known = hasattr(self.language, f"visit_{name}") or isinstance(node, PARTS)
        if isinstance(node, (ast.stmt, ast.expr)) and not known:
            return _refused(node, f"{name.lower()} is no part of Triton's language")
        return super().visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        if self.local:
            return _refused(node, "a function inside of a kernel is no part of Triton's language")
        self.local = {"", *_arguments(node.args), *_stored(node)}
        node.body = [each for statement in node.body for each in _listed(self.visit(statement))]
        return node

    def visit_For(self, node: ast.For) -> Any:
        if not isinstance(node.iter, ast.Call) or not isinstance(node.target, ast.Name):
            return _refused(node, "`for` needs a range: only range, tl.range and tl.static_range can be iterated over")
        unrolled = ast.unparse(node.iter.func).rpartition(".")[2] == "static_range"
        with self._loop(not unrolled):
            return super().visit_For(node)

    def visit_While(self, node: ast.While) -> Any:
        if isinstance(node.test, ast.Constant):
            return _refused(node, "the condition of `while` must be a tensor")
        with self._loop(True):
            self.generic_visit(node)
        node.test = _call("_kernelbench_scalar", node.test)
        return node

    @contextmanager
    def _loop(self, compiled: bool) -> Iterator[None]:
        self.loops += compiled
        yield
        self.loops -= compiled

    def visit_Return(self, node: ast.Return) -> ast.AST:
        if self.loops:
            return _refused(node, "a `return` inside of a loop is no part of Triton's language")
        return self.generic_visit(node)

    def visit_If(self, node: ast.If) -> ast.AST:
        self.generic_visit(node)
        node.test = _call("_kernelbench_condition", node.test)
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        """Pass the condition to what it chooses; the name is read first, since the value may be a choice itself."""
        self.generic_visit(node)
        name = "_kernelbench_test"
        test = ast.NamedExpr(ast.Name(name, ast.Store()), node.test)
        node.test = _call("_kernelbench_scalar", test)
        node.body = _call("_kernelbench_chosen", ast.Name(name, ast.Load()), node.body)
        node.orelse = _call("_kernelbench_chosen", ast.Name(name, ast.Load()), node.orelse)
        return node

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        # A compiled kernel checks nothing unless it is compiled for debugging.
        return ast.copy_location(ast.Expr(self.visit(node.test)), node)

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        if len(node.targets) != 1:
            return _refused(node, "an assignment to several variables at once is no part of Triton's language")
        return self._assignment(node, node.targets[0], self.visit(node.value))

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is None:
            return node
        value = self.visit(node.value)
        if ast.unparse(node.annotation).rpartition(".")[2] == "constexpr":
            node.value = _call("_kernelbench_bare", value)
            return node
        return self._assignment(node, node.target, value)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        if not isinstance(node.target, ast.Name):
            return self._assignment(node, node.target, node.value)
        old = ast.copy_location(ast.Name(node.target.id, ast.Load()), node.target)
        return self._assignment(
            node, node.target, self.visit(ast.copy_location(ast.BinOp(old, node.op, node.value), node))
        )

    def visit_NamedExpr(self, node: ast.NamedExpr) -> ast.AST:
        node.value = _call("_kernelbench_assigned", self.visit(node.value))
        return node

    def _assignment(self, node: ast.stmt, target: ast.expr, value: ast.expr) -> ast.AST:
        if any(isinstance(each, (ast.Attribute, ast.Subscript)) for each in ast.walk(target)):
            return _refused(node, "an assignment to an attribute or an element is no part of Triton's language")
        return ast.copy_location(ast.Assign([target], _call("_kernelbench_assigned", value)), node)

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        self.generic_visit(node)
        name = "_kernelbench_and" if isinstance(node.op, ast.And) else "_kernelbench_or"
        return ast.copy_location(_call(name, node.values[0], *map(_delayed, node.values[1:])), node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        return (
            ast.copy_location(_call("_kernelbench_not", node.operand), node) if isinstance(node.op, ast.Not) else node
        )

    def visit_Compare(self, node: ast.Compare) -> Any:
        if any(isinstance(each, (ast.In, ast.NotIn)) for each in node.ops):
            return _refused(node, "`in` is no part of Triton's language")
        if len(node.ops) > 1:
            if not self.chains:
                return _refused(node, "simultaneous multiple comparison is not supported by this Triton")
            return super().visit_Compare(node)
        self.generic_visit(node)
        if isinstance(node.ops[0], (ast.Is, ast.IsNot)):
            node.left = _call("_kernelbench_bare", node.left)
            node.comparators = [_call("_kernelbench_bare", node.comparators[0])]
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        return ast.copy_location(_call("_kernelbench_value", node.value), node) if node.attr == "value" else node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in BUILTINS and not self._own(node.func.id):
            node.func = ast.copy_location(ast.Name(BUILTINS[node.func.id], ast.Load()), node.func)
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        name = node.id
        if not isinstance(node.ctx, ast.Load) or name in self.local or name.startswith("_kernelbench"):
            return node
        if name in self.scope:
            return node if self.any_global or _readable(self.scope[name]) else _refused(node, _unreadable(name))
        if hasattr(builtins, name) and name not in self.language.builtin_namespace:
            return _refused(node, f"{name} is not defined: it is no part of Triton's language")
        return node

    def _own(self, name: str) -> bool:
        """Whether the kernel's file gives a name another meaning."""
        return name in self.local or name in self.scope


def _arguments(arguments: ast.arguments) -> set[str]:
    return {node.arg for node in ast.walk(arguments) if isinstance(node, ast.arg)}


def _stored(node: ast.AST) -> set[str]:
    """Return the names that code assigns to."""
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}


def _listed(statements: Any) -> list[ast.stmt]:
    return statements if isinstance(statements, list) else [statements]


def _call(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


def _delayed(operand: ast.expr) -> ast.expr:
    """Return a function of an operand; what is assigned inside of an operand must not be local to that function."""
    if any(isinstance(each, ast.NamedExpr) for each in ast.walk(operand)):
        return _call("_kernelbench_given", operand)
    empty = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    return ast.Lambda(empty, operand)


def _refused(node: ast.AST, reason: str) -> ast.AST:
    """Return code in place of a statement or an expression that raises where it is reached."""
    call = _call("_kernelbench_refuse", ast.Constant(reason))
    return ast.copy_location(ast.Expr(call) if isinstance(node, ast.stmt) else call, node)


def _readable(value: Any) -> bool:
    """Whether a kernel may read a global variable with this value; where in doubt, it may."""
    if isinstance(value, types.FunctionType):
        known = hasattr(value, "__triton_builtin__") or hasattr(value, "__triton_aggregate__")
        return known or (value.__module__ or "").startswith(("triton.", "pytest_kernelbench."))
    return not isinstance(value, PLAIN)


def _unreadable(name: str) -> str:
    return (
        f"Cannot access global variable {name} from within a kernel: a kernel can only read global variables that are "
        "a tl.constexpr, a module, or a function with @triton.jit"
    )
