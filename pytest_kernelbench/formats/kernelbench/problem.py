"""A problem of KernelBench: its code, with the integers in it that are sizes as what can vary."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from pytest_kernelbench.model.code import parsed
from pytest_kernelbench.model.errors import TaskError

FACTORIES = ("rand", "randn", "randint", "zeros", "ones", "empty", "full")
"""Functions of torch whose integers are sizes where `get_inputs` calls them."""

Sizes = Mapping[str, int]
"""A value for each number of a problem."""


@dataclass(slots=True)
class Problem:
    """The file of a problem."""

    path: Path
    text: str
    numbers: dict[str, int] = field(default_factory=dict)
    """The integers that may vary, as published: by the name that a module-level statement gives them, or by the line
    and column of a number in `get_inputs`."""

    @classmethod
    def read(cls, path: Path) -> Problem:
        """Read a file; raises `TaskError` for one that is not Python."""
        text = path.read_text(encoding="utf-8-sig")
        try:
            tree = parsed(text)
        except (SyntaxError, ValueError) as error:
            raise TaskError(f"{path}: not Python: {error}") from error
        return cls(path, text, {name: _integer(node) for name, node in _numbers(tree)})

    def run(self, sizes: Sizes) -> Namespace:
        """Run the file with other values for some of its numbers; raises `TaskError`."""
        tree = parsed(self.text)
        changed = {id(node): sizes[name] for name, node in _numbers(tree) if name in sizes}
        tree = ast.fix_missing_locations(_Replaced(changed).visit(tree))
        module = ModuleType(f"kernelbench_{self.path.stem}")
        module.__file__ = str(self.path)
        try:
            exec(compile(tree, str(self.path), "exec"), module.__dict__)
        except Exception as error:
            raise TaskError(f"{self.path}: {type(error).__name__}: {error}") from error
        return Namespace(module)


@dataclass(frozen=True, slots=True)
class Namespace:
    """What a problem defines for some sizes."""

    module: ModuleType

    @property
    def model(self) -> Any:
        """The class of the reference."""
        return self.module.Model

    def init_inputs(self) -> tuple[Any, ...]:
        """Return the arguments with which models are constructed."""
        return tuple(self.module.get_init_inputs())

    def inputs(self) -> list[Any]:
        """Return one draw of the inputs."""
        return list(self.module.get_inputs())


class _Replaced(ast.NodeTransformer):
    """Replaces numbers by others."""

    def __init__(self, changed: Mapping[int, int]) -> None:
        self.changed = changed

    def visit(self, node: ast.AST) -> Any:
        if id(node) in self.changed:
            return ast.copy_location(ast.Constant(self.changed[id(node)]), node)
        return self.generic_visit(node)


def _numbers(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Yield the expressions that are positive integers: of module-level assignments, and sizes in `get_inputs`."""
    for statement in tree.body:
        if isinstance(statement, ast.Assign):
            yield from _assigned(statement.targets[0], statement.value)
        elif isinstance(statement, ast.FunctionDef) and statement.name == "get_inputs":
            for node in ast.walk(statement):
                if isinstance(node, ast.Call) and _name(node.func) in FACTORIES:
                    for each in node.args:
                        if isinstance(each, ast.Constant) and _is_integer(each):
                            yield f"{each.lineno}:{each.col_offset}", each


def _assigned(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        for one, other in zip(target.elts, value.elts, strict=True):
            yield from _assigned(one, other)
    elif isinstance(target, ast.Name) and isinstance(value, ast.Tuple):
        for index, each in enumerate(value.elts):
            if _is_integer(each):
                yield f"{target.id}[{index}]", each
    elif isinstance(target, ast.Name) and _is_integer(value):
        yield target.id, value


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else ""


def _is_integer(node: ast.expr) -> bool:
    """Whether an expression is a positive integer, or a product of such."""
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Mult) and _is_integer(node.left) and _is_integer(node.right)
    return isinstance(node, ast.Constant) and type(node.value) is int and node.value > 0


def _integer(node: ast.expr) -> int:
    if isinstance(node, ast.BinOp):
        return _integer(node.left) * _integer(node.right)
    assert isinstance(node, ast.Constant)
    return int(str(node.value))
