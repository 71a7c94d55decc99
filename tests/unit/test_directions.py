"""Which part may import which: the judge never depends on what runs beside a kernel, nor the other way round."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import pytest_kernelbench

ROOT = Path(pytest_kernelbench.__file__).parent
MODULES = sorted(path for path in ROOT.rglob("*.py") if "tasks" not in path.relative_to(ROOT).parts)
HEAVY = {"torch", "triton", "numpy", "hypothesis"}

ALLOWED = {
    "model": {"model"},
    "strategies": {"model", "strategies"},
    "runner": {"model", "runner", "devices"},
    "devices": {"model", "devices"},
    "judge": {"model", "runner", "judge"},
    "report": {"model", "report", "judge", "items", "session", "resume"},
}
"""What each folder may import of ours, at run time."""


def imports(path: Path, *, everywhere: bool) -> Iterator[str]:
    """Yield the modules that a file imports, but for type checkers; those inside functions only where asked."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    hidden: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            hidden |= {child for statement in node.body for child in ast.walk(statement)}
        if not everywhere and isinstance(node, (ast.FunctionDef, ast.Lambda)):
            hidden |= set(ast.walk(node))
    for node in ast.walk(tree):
        if node in hidden:
            continue
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield node.module or ""


def part_of(module: str) -> str:
    """Return the folder or file of ours that a module lies in."""
    return module.split(".")[1] if "." in module else ""


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_one_way(path: Path) -> None:
    folder = path.relative_to(ROOT).parts[0]
    ours = {part_of(name) for name in imports(path, everywhere=True) if name.startswith("pytest_kernelbench")}
    assert folder not in ALLOWED or ours <= ALLOWED[folder]


@pytest.mark.parametrize("name", ["runner/server.py", "runner/materialize.py", "runner/drivers.py", "runner/audit.py"])
def test_what_runs_beside_a_kernel_knows_no_judge(name: str) -> None:
    reached, queue = set(), [ROOT / name]
    while queue:
        path = queue.pop()
        if path in reached:
            continue
        reached.add(path)
        for module in imports(path, everywhere=True):
            found = ROOT.parent.joinpath(*module.split(".")).with_suffix(".py")
            queue += [found] if found.is_file() and module.startswith("pytest_kernelbench") else []
    folders = {path.relative_to(ROOT).parts[0] for path in reached}
    assert folders <= {"model", "runner", "devices"}
    assert ROOT / "runner" / "client.py" not in reached


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_model_is_standard_library_and_nothing_heavy_is_imported_early(path: Path) -> None:
    top = {name.split(".")[0] for name in imports(path, everywhere=False)}
    folder = path.relative_to(ROOT).parts[0]
    if folder == "model":
        assert {name.split(".")[0] for name in imports(path, everywhere=True)} <= sys.stdlib_module_names | {ROOT.name}
    beside_kernels = folder == "devices" or path.name in ("server.py", "audit.py", "timing.py")
    assert beside_kernels or not top & HEAVY


def test_the_plugin_and_the_tasks_load_nothing_heavy() -> None:
    code = (
        "import sys, pytest_kernelbench.plugin, pytest_kernelbench.cli, pytest_kernelbench.report.sink\n"
        "import pytest_kernelbench.strategies, pytest_kernelbench.judge.correctness\n"
        "print(sorted({'torch', 'triton', 'numpy', 'hypothesis', 'xdist', 'pytest_benchmark'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
