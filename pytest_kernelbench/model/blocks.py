"""Blocks of code in a model's answer: which one is the kernel, and which others it needs. Nothing is run."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Collection, Sequence

from pytest_kernelbench.model.code import parsed, syntax_error

_BUILTINS = frozenset(dir(builtins))


def assembled(blocks: Sequence[str], names: Collection[str]) -> str | None:
    """Return the block that defines one of `names`, with the blocks that define what it uses and does not define.

    A kernel, its wrapper and their imports may stand in blocks of their own, beside examples of their use, which are
    left out. Imports stand first, in whatever block they were given. Of several blocks that define a name, those with
    Triton and then the longest are preferred. None where no block of valid Python defines one.
    """
    trees = {number: parsed(block) for number, block in enumerate(blocks) if syntax_error(block) is None}
    defined = {number: _defined(tree) for number, tree in trees.items()}
    mains = [number for number in trees if not defined[number].isdisjoint(names)]
    found = [_with_needed(number, blocks, trees, defined) for number in mains]
    return max(found, key=lambda code: ("triton" in code, len(code)), default=None)


def completed(main: str, blocks: Sequence[str]) -> str:
    """Return one of the blocks, behind those that define what it uses and does not define."""
    trees = {number: parsed(block) for number, block in enumerate(blocks) if syntax_error(block) is None}
    defined = {number: _defined(tree) for number, tree in trees.items()}
    number = blocks.index(main)
    return _with_needed(number, blocks, trees, defined) if number in trees else main


def _with_needed(main: int, blocks: Sequence[str], trees: dict[int, ast.Module], defined: dict[int, set[str]]) -> str:
    chosen = {main}
    while True:
        have = set[str]().union(*(defined[number] for number in chosen))
        missing = set[str]().union(*(_free(trees[number]) for number in chosen)) - have
        for number in chosen:
            others = set[str]().union(*(defined[other] for other in chosen - {number}))
            missing |= _rebound(trees[number]) - others
        # What stands before a block is meant more often than what follows it, and the nearest before what is far.
        order = sorted(trees.keys() - chosen, key=lambda number: (number > main, abs(number - main)))
        needed = next((number for number in order if defined[number] & missing), None)
        if needed is None:
            break
        chosen.add(needed)
    order = sorted(chosen)
    code = "\n".join([*_hoisted([trees[number] for number in order]), *(blocks[number] for number in order)])
    return code if syntax_error(code) is None else blocks[main]  # as where a later block has `from __future__`


def _hoisted(trees: Sequence[ast.Module]) -> list[str]:
    """Return the imports that stand in a later block than one that uses what they import, as lines of code."""
    lines: list[str] = []
    needed: set[str] = set()
    for tree in trees:
        imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        lines += [ast.unparse(node) + "\n" for node in imports if needed & _imported(node)]
        needed = (needed | _free(tree)) - _defined(tree)
    return list(dict.fromkeys(lines))


def _imported(node: ast.Import | ast.ImportFrom) -> set[str]:
    return {(each.asname or each.name).partition(".")[0] for each in node.names}


def _defined(tree: ast.Module) -> set[str]:
    """Return the names that the statements of a module define."""
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= _imported(node)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)}
    return names


def _rebound(tree: ast.Module) -> set[str]:
    """Return the names that a module binds by a call with what they were before, as in `kernel = compile(kernel)`."""
    names: set[str] = set()
    bound: set[str] = set()
    for statement in tree.body:
        if isinstance(statement, ast.Assign):
            targets = {target.id for target in statement.targets if isinstance(target, ast.Name)}
            used = {node.id for node in ast.walk(statement.value) if isinstance(node, ast.Name)}
            names |= targets & used - bound
        bound |= _defined(ast.Module([statement], []))
    return names - _BUILTINS


def _free(tree: ast.Module) -> set[str]:
    """Return the names that a module uses and binds nowhere."""
    used: set[str] = set()
    bound: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            bound |= _imported(node)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            bound.add(node.name)
    return used - bound - _BUILTINS
