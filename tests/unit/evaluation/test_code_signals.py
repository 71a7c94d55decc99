"""Signals of code: counted by hand, beside radon where it is installed, and never a reason to fail."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from pytest_kernelbench.evaluation import code_signals, submission
from pytest_kernelbench.evaluation.code_signals import complexity, signals
from pytest_kernelbench.model.submission import Kernel

KERNEL = '''
"""A docstring counts as lines, as radon's source lines do not."""
import torch
import triton
import triton.language as tl
from triton.language import maximum as largest, math

# A comment.
@triton.jit
def kernel(x, y, n, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)  # not only a comment
    value = tl.load(x + at, mask=at < n)
    value = largest(tl.load(y + at, mask=at < n), math.exp(value))
    triton.language.store(y + at, tl.where(value > 0, value, 0.0), mask=at < n)


def relu(input, out=None):
    assert input.is_cuda and input.numel() > 0
    if out is None or out.shape != input.shape:
        out = torch.empty_like(input)
    sizes = [size for size in input.shape if size > 1]
    for size in sizes:
        while size:
            size = size - 1 if size % 2 else size // 2
    kernel[(triton.cdiv(input.numel(), 1024),)](input, out, input.numel(), BLOCK=1024)
    return out
'''


def test_what_is_counted() -> None:
    found = signals(KERNEL)
    found.pop("maintainability", None)
    assert found == {
        "lines": 21, "comments": 1, "functions": 2, "complexity_max": 10, "complexity_mean": 5.5,
        "tl_operations": 7,  # program_id, arange, load, maximum, math.exp, store, where
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("pass", 1),
        ("if a:\n  pass\n elif b:\n  pass\n else:\n  pass", 3),
        ("return a and b and not c", 3),
        ("try:\n  pass\n except A:\n  pass\n except B:\n  pass\n finally:\n  pass", 3),
        ("match a:\n  case 1: pass\n  case 2: pass\n  case _: pass", 3),
        ("def inner():\n  if a: pass\n return (lambda x: 1 if x else 2)", 2),
        ("return {x: y for x in a for y in b if x if y}", 5),
        ("with a:\n  pass\n return not b", 1),
    ],
)
def test_mccabes_number(body: str, expected: int) -> None:
    assert complexity(ast.parse(f"def f():\n {body}").body[0]) == expected


@pytest.mark.parametrize(
    "code",
    [
        "",
        "def broken(:",
        "\0",
        "(" * 5000 + ")" * 5000,
        "x = '\\d'",
        "\ufeff",
        "#\n" * 9_000,
        "-" * 150_000 + "1",
        "x" + ".y" * 90_000,
        "x = 1" + "+1" * 90_000,
    ],
)
def test_nothing_fails(code: str) -> None:
    found = signals(code)
    assert {"lines", "comments"} <= found.keys()
    assert all(isinstance(value, int | float) for value in found.values())


def test_code_that_does_not_parse_has_lines() -> None:
    assert signals("# a\n\ndef f(:\n  pass\n") == {"lines": 2, "comments": 1}


def test_what_is_endless_is_only_counted() -> None:
    assert signals("x = 1\n" * 40_000) == {"lines": 40_000, "comments": 0}


def test_radon_is_not_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "radon.metrics", None)
    assert "maintainability" not in signals(KERNEL)


def test_radon_agrees_on_the_examples() -> None:
    radon = pytest.importorskip("radon.complexity")
    folder = Path(code_signals.__file__).parents[2] / "submissions" / "examples"
    compared = 0
    for path in sorted(folder.glob("*/*.py")):
        code = path.read_text(encoding="utf-8")
        theirs = {block.name: block.complexity for block in radon.cc_visit(code)}
        for node in ast.parse(code).body:
            if isinstance(node, ast.FunctionDef):
                closures = any(isinstance(each, ast.FunctionDef) for each in ast.walk(node) if each is not node)
                assert closures or complexity(node) == theirs[node.name], f"{path.name}: {node.name}"
                compared += not closures
        assert 0 < signals(code)["maintainability"] <= 100
    assert compared > 50


def test_a_file_that_has_gone_has_no_signals(tmp_path: Path) -> None:
    gone = Kernel("relu", "Activation", tmp_path / "relu.py", None, None, None, "")
    assert submission._signals(gone) == {}
