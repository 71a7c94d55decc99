"""The paths of a kernel's file: which lines never ran, under which condition, and the sizes that it compares with."""

from __future__ import annotations

import ast
import operator
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MAX_TEXT = 120
"""Characters of a condition that are kept."""

MAX_RANGES = 24
"""Ranges of lines that a record keeps."""

MIN_SIZE, MAX_SIZE = 16, 1 << 21
"""Constants outside of these are no sizes, or no sizes that can be tried."""

BOUNDS = ("min", "max", "minimum", "maximum", "clamp", "range", "static_range")
"""Functions whose arguments bound a size; a keyword argument such as `BLOCK=4096` may be all that a program takes."""

_OPERATORS: Mapping[type, Any] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
}
"""Operators of constant expressions; powers and shifts are computed with a bound."""


@dataclass(frozen=True, slots=True)
class Unrun:
    """Consecutive lines that never ran, although the line with their condition did."""

    first: int
    last: int
    under: str
    """Source of the condition, loop or function that they belong to."""
    sizes: tuple[int, ...] = ()
    """Constants that the condition compares with."""
    refuses: bool = False
    """Whether the lines do nothing but raise an exception."""

    def to_json(self) -> dict[str, Any]:
        """Return what a record keeps."""
        return {"first": self.first, "last": self.last, "under": self.under}


@dataclass(frozen=True, slots=True)
class Paths:
    """A parsed file."""

    tree: ast.Module
    constants: Mapping[str, int]
    """Integers that names of the module stand for."""

    @classmethod
    def of(cls, source: str) -> Paths | None:
        """Parse the source of a kernel; None if it cannot be parsed."""
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
        constants: dict[str, int] = {}
        for node in tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                value = node.value
                if isinstance(value, ast.Call) and ast.unparse(value.func).endswith("constexpr") and value.args:
                    value = value.args[0]
                if (number := _number(value, constants)) is not None:
                    constants[node.targets[0].id] = number
        return cls(tree, constants)

    def unrun(self, ran: Collection[int], *, entered: bool = False) -> list[Unrun]:
        """Return the lines that are not among those that ran, as ranges in the order of the file.

        `entered` leaves out functions in which nothing ran: in a module of a package, those are other kernels.
        """
        found = list(_unrun(self, self.tree.body, "", None, frozenset(ran)))
        idle = list(self._never_entered(ran)) if entered else []
        return [each for each in found if not any(each.first in lines for lines in idle)]

    def _never_entered(self, ran: Collection[int]) -> Iterator[range]:
        """Yield the lines of each function in which nothing ran."""
        for node in ast.walk(self.tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                lines = range(_first(node.body[0]), (node.end_lineno or node.lineno) + 1)
                if not any(line in lines for line in ran):
                    yield lines

    def caps(self) -> list[int]:
        """Return the constants that bound a size anywhere in the file: arguments of `BOUNDS`, and keyword arguments."""
        found: dict[int, None] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                bounds = node.args if ast.unparse(node.func).rpartition(".")[2] in BOUNDS else []
                found |= dict.fromkeys(self._sizes([*bounds, *(keyword.value for keyword in node.keywords)]))
        return list(found)

    def sizes(self, condition: ast.AST | None) -> tuple[int, ...]:
        """Return the constants that a condition compares with."""
        compared = [node for node in ast.walk(condition) if isinstance(node, ast.Compare)] if condition else []
        found = (self._sizes([node.left, *node.comparators]) for node in compared)
        return tuple(dict.fromkeys(size for sizes in found for size in sizes))

    def _sizes(self, nodes: Sequence[ast.AST]) -> list[int]:
        numbers = (_number(node, self.constants) for node in nodes)
        return [number for number in numbers if number is not None and MIN_SIZE <= number <= MAX_SIZE]


def _number(node: ast.AST, constants: Mapping[str, int]) -> int | None:
    """Return the integer that an expression of constants stands for."""
    if isinstance(node, ast.Constant):
        return node.value if type(node.value) is int else None
    if isinstance(node, ast.Name):
        return constants.get(node.id)
    if not isinstance(node, ast.BinOp):
        return None
    left, right = _number(node.left, constants), _number(node.right, constants)
    if left is None or right is None:
        return None
    if isinstance(node.op, (ast.Pow, ast.LShift)):
        base = 2 if isinstance(node.op, ast.LShift) else left
        power: int | None = base**right if 0 <= right < 32 and abs(base) <= 16 else None
        return power if power is None or isinstance(node.op, ast.Pow) else left * power
    compute = _OPERATORS.get(type(node.op))
    return None if compute is None or (right == 0 and compute is operator.floordiv) else int(compute(left, right))


def _unrun(
    paths: Paths, block: Sequence[ast.stmt], under: str, condition: ast.AST | None, ran: frozenset[int]
) -> Iterator[Unrun]:
    """Yield the ranges of a block that never ran, and those inside its statements that did."""
    idle: list[ast.stmt] = []
    for statement in block:
        if _silent(statement):
            continue
        if ran.isdisjoint(range(_first(statement), (statement.end_lineno or statement.lineno) + 1)):
            idle.append(statement)
            continue
        yield from _range(paths, idle, under, condition)
        idle = []
        for name, test, inner in _inside(statement):
            yield from _unrun(paths, inner, name, test, ran)
    yield from _range(paths, idle, under, condition)


def _range(paths: Paths, idle: Sequence[ast.stmt], under: str, condition: ast.AST | None) -> Iterator[Unrun]:
    if idle:
        last = idle[-1].end_lineno or idle[-1].lineno
        yield Unrun(_first(idle[0]), last, under[:MAX_TEXT], paths.sizes(condition), isinstance(idle[0], ast.Raise))


def _silent(statement: ast.stmt) -> bool:
    """Whether a statement does nothing that Python or Triton would run."""
    constant = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return constant or isinstance(statement, (ast.Pass, ast.Global, ast.Nonlocal))


def _first(statement: ast.stmt) -> int:
    decorators = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(int(each.lineno) for each in decorators)])


def _inside(statement: ast.stmt) -> Iterator[tuple[str, ast.AST | None, Sequence[ast.stmt]]]:
    """Yield the blocks of a statement, each with the text that it stands under and its condition."""
    if isinstance(statement, (ast.If, ast.While)):
        text = f"{'if' if isinstance(statement, ast.If) else 'while'} {ast.unparse(statement.test)}"
        yield text, statement.test, statement.body
        yield f"else of {text}", statement.test, statement.orelse
    elif isinstance(statement, (ast.For, ast.AsyncFor)):
        text = f"for {ast.unparse(statement.target)} in {ast.unparse(statement.iter)}"
        yield text, None, statement.body
        yield f"else of {text}", None, statement.orelse
    elif isinstance(statement, ast.Try):
        yield "try", None, statement.body
        for handler in statement.handlers:
            yield f"except {ast.unparse(handler.type)}" if handler.type else "except", None, handler.body
        yield "else of try", None, statement.orelse
        yield "finally", None, statement.finalbody
    elif isinstance(statement, ast.Match):
        for case in statement.cases:
            yield f"case {ast.unparse(case.pattern)}", None, case.body
    elif isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        yield f"{'def' if isinstance(statement, ast.FunctionDef) else 'class'} {statement.name}", None, statement.body
    elif isinstance(statement, ast.With):
        yield f"with {', '.join(map(ast.unparse, statement.items))}", None, statement.body
