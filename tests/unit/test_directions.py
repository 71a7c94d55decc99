"""Which room may import which, lazy imports included; and that there are no circles."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import pytest_kernelbench

ROOT = Path(pytest_kernelbench.__file__).parent
PACKAGE = ROOT.name
MODULES = sorted(path for path in ROOT.rglob("*.py") if "tasks" not in path.relative_to(ROOT).parts)
HEAVY = {"torch", "triton", "numpy", "hypothesis"}

ALLOWED: Mapping[str, set[str]] = {
    "model": set(),
    "wire": {"model"},
    "sandbox": {"model"},
    "gpus": {"model"},
    "authoring": {"model"},
    "devices": {"model", "wire"},
    "runner": {"model", "wire", "sandbox", "devices"},
    "host": {"model", "wire", "sandbox"},
    "judge": {"model", "wire", "sandbox", "host"},
    "formats": {"model", "wire"},
    "evaluation": {"model", "wire", "sandbox", "gpus", "host", "judge", "report", "formats"},
    "report": {"model"},
    "corpora": {"model", "report"},
    "integrations": {"model", "gpus"},
    "plugin": {"model", "gpus", "evaluation", "report", "integrations"},
    "cli": {"model", "wire", "sandbox", "gpus", "host", "judge", "evaluation", "report", "corpora", "formats"},
    "__init__.py": {"model", "evaluation"},
}
"""What each room may import of others, at run time."""

BESIDE_A_KERNEL = {"model", "wire", "sandbox", "devices", "runner", "__init__.py"}
"""What a kernel's process imports of ours, and may read."""

JUDGE_ROOMS: Mapping[str, set[str]] = {
    "comparison": set(),
    "correctness": {"comparison"},
    "speed": {"comparison", "correctness"},
    "compilation": {"comparison", "correctness"},
}
"""What each room inside the judge may import of the others."""


def module_of(path: Path) -> str:
    """Return the dotted name of a file of ours."""
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {module_of(path): path for path in MODULES}


@cache
def imports(path: Path, *, everywhere: bool = True) -> tuple[str, ...]:
    """Return the modules that a file imports at run time; those inside functions only with `everywhere`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    hidden: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            hidden |= {child for statement in node.body for child in ast.walk(statement)}
        if not everywhere and isinstance(node, (ast.FunctionDef, ast.Lambda)):
            hidden |= set(ast.walk(node))
    return tuple(name for node in ast.walk(tree) if node not in hidden for name in _named(path, node))


def _named(path: Path, node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (name.name for name in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, f"{path}: a relative import"
        module = node.module or ""
        for name in node.names:
            submodule = f"{module}.{name.name}"
            yield submodule if submodule in NAMES else module


def ours(path: Path) -> set[str]:
    """Return the modules of this package that a file imports."""
    return {name for name in imports(path) if name.split(".")[0] == PACKAGE and name != PACKAGE}


def room_of(module: str) -> str:
    """Return the room of a module of ours; a file directly in the package is a room of its own."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__.py"


def test_every_room_is_in_the_table() -> None:
    assert {room_of(name) for name in NAMES} == {*ALLOWED}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_rooms_import_what_they_may(path: Path) -> None:
    room = room_of(module_of(path))
    found = {room_of(name) for name in ours(path)} - {room}
    assert found <= ALLOWED[room]


@pytest.mark.parametrize("path", sorted(ROOT.glob("judge/*/*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_rooms_of_the_judge_import_what_they_may(path: Path) -> None:
    room = path.parent.name
    found = {name.split(".")[2] for name in ours(path) if room_of(name) == "judge"} - {room}
    assert found <= JUDGE_ROOMS[room]


def test_rooms_form_no_circle() -> None:
    TopologicalSorter(ALLOWED).prepare()
    TopologicalSorter(JUDGE_ROOMS).prepare()


def test_modules_form_no_circle() -> None:
    # A package is imported with each of its modules, but its `__init__` is no part of what they say to each other.
    graph = {name: ours(path) - {name} for name, path in NAMES.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


@pytest.mark.parametrize(
    "name", ["runner/server.py", "sandbox/preload.py", "devices/preload_compiler.py", "devices/preload_meta.py"]
)
def test_what_runs_beside_a_kernel_knows_no_judge(name: str) -> None:
    reached, queue = set(), [ROOT / name]
    while queue:
        path = queue.pop()
        if path not in reached:
            reached.add(path)
            queue += [NAMES[module] for module in ours(path) if module in NAMES]
    assert {room_of(module_of(path)) for path in reached} <= BESIDE_A_KERNEL


def test_what_a_kernel_may_read_is_what_runs_beside_it() -> None:
    from pytest_kernelbench.sandbox import policy

    assert {*policy._OURS} == BESIDE_A_KERNEL


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_model_is_standard_library_and_nothing_heavy_is_imported_early(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]
    if room == "model":
        assert {name.split(".")[0] for name in imports(path)} <= sys.stdlib_module_names | {PACKAGE}
    top = {name.split(".")[0] for name in imports(path, everywhere=False)}
    assert room in ("runner", "devices") or not top & HEAVY


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_plugin_knows_pytest(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]
    knows = any(name.split(".")[0] in ("pytest", "_pytest", "xdist", "pytest_benchmark") for name in imports(path))
    assert not knows or room in ("plugin", "integrations")


def test_the_plugin_and_the_tasks_load_nothing_heavy() -> None:
    code = (
        "import sys, pytest_kernelbench.plugin, pytest_kernelbench.cli.main, pytest_kernelbench.plugin.recorder\n"
        "import pytest_kernelbench.authoring.strategies, pytest_kernelbench.judge.correctness.judgement\n"
        "print(sorted({'torch', 'triton', 'numpy', 'hypothesis', 'xdist', 'pytest_benchmark'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


JUDGED = """
import sys
from pytest_kernelbench import evaluate
code = "def relu(input, inplace=False):\\n    return input.relu_() if inplace else input.clamp(min=0)\\n"
found = evaluate(code, "relu", device="cpu", language="torch", facets=["basic"], examples=0)
print(found.record.status)
beside = ("pytest_kernelbench.runner", "pytest_kernelbench.devices")
print(sorted(name for name in sys.modules if name.startswith(beside)))
print(sorted({"pytest", "_pytest"} & set(sys.modules)))
"""


def test_judging_imports_neither_pytest_nor_what_runs_beside_a_kernel() -> None:
    done = subprocess.run([sys.executable, "-c", JUDGED], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["passed", "[]", "[]"]


def test_what_runs_beside_a_kernel_imports_without_a_fork_server() -> None:
    names = [name for name in NAMES if room_of(name) in ("runner", "devices", "sandbox", "wire")]
    code = "".join(f"import {name}\n" for name in names)
    subprocess.run([sys.executable, "-c", code], check=True)
