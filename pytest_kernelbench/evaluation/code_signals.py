"""Signals of a kernel's code: length, complexity, and the number of Triton operations that it uses."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator

from pytest_kernelbench.model.locks import PROCESS_LOCK

LANGUAGE = "triton.language"

LONGEST = 200_000
"""Characters beyond which only lines are counted: no kernel is that long, and parsing would take seconds."""

_Function = ast.FunctionDef | ast.AsyncFunctionDef

_BRANCHES = (ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.Assert, ast.comprehension)


def signals(code: str) -> dict[str, int | float]:
    """Return the signals of one kernel; code that is not Python has only the first two.

    `lines` that are neither blank nor only a comment, `comments` that are only a comment; `tl_operations`, how many
    distinct functions of `triton.language` are called; `functions`, with their largest and mean cyclomatic
    `complexity`; `maintainability`, radon's index from 0 to 100, where radon is installed. They describe and decide
    nothing: a long kernel is not a worse one.
    """
    rows = [row.strip() for row in code.splitlines()]
    comments = sum(row.startswith("#") for row in rows)
    found: dict[str, int | float] = {"lines": sum(map(bool, rows)) - comments, "comments": comments}
    if len(code) > LONGEST:
        return found
    with PROCESS_LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of escapes in the kernel's strings, for instance
        try:
            tree = ast.parse(code)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return found
        index = _maintainability(code)
    complexities = [complexity(node) for node in ast.walk(tree) if isinstance(node, _Function)]
    found |= {"tl_operations": len(set(_operations(tree))), "functions": len(complexities)}
    if complexities:
        found["complexity_max"] = max(complexities)
        found["complexity_mean"] = round(sum(complexities) / len(complexities), 2)
    return found if index is None else {**found, "maintainability": index}


def complexity(function: ast.AST) -> int:
    """Return the cyclomatic complexity of one function, without those defined inside it: its conditions plus one.

    Source: McCabe, A Complexity Measure, IEEE Transactions on Software Engineering 2 (1976) 308, who counts each
    condition of a compound predicate. Conditions are those of `if`, `for`, `while`, `assert`, `except`, conditional
    expressions, comprehensions and their `if`, further operands of `and` and `or`, and cases of `match` but the last.
    """
    count = 1
    queue = list(ast.iter_child_nodes(function))
    while queue:
        node = queue.pop()
        if isinstance(node, _Function):
            continue
        if isinstance(node, ast.BoolOp):
            count += len(node.values) - 1
        elif isinstance(node, ast.Match):
            count += len(node.cases) - 1
        elif isinstance(node, _BRANCHES):
            count += 1 + (len(node.ifs) if isinstance(node, ast.comprehension) else 0)
        queue += ast.iter_child_nodes(node)
    return count


def _operations(tree: ast.AST) -> Iterator[str]:
    """Yield the function of `triton.language` that each call calls, whatever names the module imports it by."""
    names = dict(_imported(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            path: list[str] = []
            called = node.func
            while isinstance(called, ast.Attribute):
                path.append(called.attr)
                called = called.value
            if isinstance(called, ast.Name) and called.id in names:
                full = ".".join([names[called.id], *reversed(path)])
                if full.startswith(f"{LANGUAGE}."):
                    yield full.removeprefix(f"{LANGUAGE}.")


def _imported(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield each name that an import binds to Triton or something in it, with what it is bound to."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "triton":
                    yield (alias.asname, alias.name) if alias.asname else ("triton", "triton")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "triton":
            yield from ((alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names)


def _maintainability(code: str) -> float | None:
    """Return radon's maintainability index, comment lines counted in its favour; None without radon."""
    try:
        from radon.metrics import mi_visit
    except ImportError:
        return None
    try:
        return round(float(mi_visit(code, multi=True)), 2)
    except Exception:  # radon is not ours, and the code may be anything
        return None
