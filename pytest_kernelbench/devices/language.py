"""Install what makes Triton's interpreter read a kernel's code as the compiler does."""

from __future__ import annotations

import ast
from typing import Any

from pytest_kernelbench.devices.rewriting import Rewriter


def install() -> None:
    """Patch Triton's interpreter and `tl.constexpr` until this process ends."""
    from triton import knobs
    from triton.compiler.code_generator import CodeGenerator
    from triton.runtime import interpreter

    from pytest_kernelbench.devices.semantics import FUNCTIONS

    # Kernels that the interpreter rewrites can see every name in its module.
    vars(interpreter).update(FUNCTIONS)
    settings = {"language": CodeGenerator, "chains": hasattr(interpreter, "_InterpreterComparison")}
    transformer: Any = type("Transformer", (Rewriter, interpreter.ASTTransformer), settings)

    def transform(self: Any, source: str) -> ast.AST:
        scope = {**self.fn.__globals__, **_closure(self.fn)}
        rewriter = transformer(scope, any_global=knobs.compilation.allow_non_constexpr_globals)
        tree: ast.AST = rewriter.visit(ast.parse(source))
        return ast.increment_lineno(ast.fix_missing_locations(tree), self.def_file_lineno - 1)

    interpreter.FunctionRewriter._transform_ast = transform
    interpreter.FunctionRewriter._compile_and_exec = _with_closure(
        interpreter, interpreter.FunctionRewriter._compile_and_exec
    )
    _let_tensors_operate()


def _closure(function: Any) -> dict[str, Any]:
    """Return the variables that a function uses of the function around it."""
    return dict(
        zip(function.__code__.co_freevars, (cell.cell_contents for cell in function.__closure__ or ()), strict=True)
    )


def _with_closure(interpreter: Any, execute: Any) -> Any:
    """Give a rewritten function the variables of the function around it, which the interpreter leaves out."""

    def executed(self: Any, tree: Any) -> Any:
        if "<locals>" not in self.fn.__qualname__:
            return execute(self, tree)
        scope = {**vars(interpreter), **self.fn.__globals__, **_closure(self.fn)}
        defined = dict(self.kwargs)
        exec(compile(_without_signature(tree), self.filename, "exec"), scope, defined)
        function = defined[self.fn.__name__]
        for name in ("__defaults__", "__kwdefaults__", "__annotations__"):
            setattr(function, name, getattr(self.fn, name))
        return function

    return executed


def _without_signature(tree: Any) -> Any:
    """Remove default values and annotations, which were evaluated where the function was defined."""
    (function,) = tree.body
    arguments = function.args
    arguments.defaults, arguments.kw_defaults, function.returns = [], [None for _ in arguments.kw_defaults], None
    for argument in ast.walk(arguments):
        if isinstance(argument, ast.arg):
            argument.annotation = None
    return tree


def _let_tensors_operate() -> None:
    """Leave operations of a constexpr with a tensor to the tensor, as the compiler does: the result is a tensor."""
    import triton.language as tl

    def yielding(operate: Any) -> Any:
        def operated(self: Any, other: Any) -> Any:
            return NotImplemented if isinstance(other, tl.tensor) else operate(self, other)

        return operated

    names = "add sub mul mod truediv floordiv and or xor lshift rshift lt le gt ge eq ne"
    for name in (f"__{each}__" for each in names.split()):
        setattr(tl.constexpr, name, yielding(getattr(tl.constexpr, name)))
