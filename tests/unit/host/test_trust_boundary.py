"""The trust boundary: the judge's process never imports what runs beside a kernel, nor a runner what the judge uses."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import pytest_kernelbench

ROOT = Path(pytest_kernelbench.__file__).parent

ALLOWED = {
    "wire": {"model", "wire"},
    "host": {"model", "wire", "sandbox", "host"},
    "runner": {"model", "wire", "sandbox", "devices", "runner"},
    "devices": {"model", "wire", "devices"},
    "sandbox": {"model", "sandbox"},
    "gpus": {"model", "gpus"},
}
"""What each folder may import of this package, lazily or not."""

MODULES = sorted(path for folder in ALLOWED for path in (ROOT / folder).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """Yield the modules of this package that a file imports at run time, within functions too."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_types = {
        child
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for statement in node.body
        for child in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if node in for_types:
            continue
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names if each.name.startswith("pytest_kernelbench"))
        elif isinstance(node, ast.ImportFrom) and str(node.module).startswith("pytest_kernelbench"):
            parts = (ROOT.parent.joinpath(*str(node.module).split("."), f"{each.name}.py") for each in node.names)
            inside = [f"{node.module}.{part.stem}" for part in parts if part.is_file()]
            yield from inside or [str(node.module)]


def name_of(path: Path) -> str:
    relative = path.relative_to(ROOT.parent).with_suffix("")
    return ".".join(relative.parts).removesuffix(".__init__")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_room_imports_only_what_it_may(path: Path) -> None:
    folders = {[*module.split("."), ""][1] for module in imported(path)}
    assert folders <= ALLOWED[path.relative_to(ROOT).parts[0]]


def test_no_module_imports_itself_through_others() -> None:
    edges = {name_of(path): set(imported(path)) for path in MODULES}

    def reached(start: str) -> set[str]:
        found: set[str] = set()
        queue = [start]
        while queue:
            new = edges.get(queue.pop(), set()) - found
            found |= new
            queue += new
        return found

    assert [name for name in edges if name in reached(name)] == []


JUDGING = """
import json, sys
from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.evaluation import api, session
from pytest_kernelbench.host.client import Runner
from pytest_kernelbench.host.settings import RunnerSettings
from pytest_kernelbench.judge.compilation import compilation
from pytest_kernelbench.judge.correctness import judgement
from pytest_kernelbench.judge.speed import benchmark

def seen(prefixes, names):
    return sorted(name for name in names if name.startswith(tuple(f"pytest_kernelbench.{each}" for each in prefixes)))

CODE = '''
import sys
def work(x):
    print(__import__("json").dumps(sorted(sys.modules)), flush=True)
    return x + 1
'''
runner = Runner(RunnerSettings())
assert runner.load(CODE, "work.py", ["work"]).status == "ok"
answer = runner.call(Case(x=Tensor((2,))), [("x", "POSITIONAL_OR_KEYWORD")], max_bytes=1 << 10, timeout=60)
assert answer.status == "ok", answer
import os
theirs = json.loads(os.pread(runner._output.fileno(), 1 << 20, 0).decode().splitlines()[-1])
runner.close()
judges = ("host", "judge", "evaluation", "plugin", "authoring", "gpus", "report", "cli", "integrations", "tasks")
print(json.dumps([seen(("runner", "devices"), sys.modules), seen(judges, theirs), seen(("runner",), theirs)]))
"""


def test_neither_process_imports_what_belongs_to_the_other() -> None:
    done = subprocess.run([sys.executable, "-c", JUDGING], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    in_judge, in_runner, own = json.loads(done.stdout)
    assert (in_judge, in_runner) == ([], [])
    assert "pytest_kernelbench.runner.server" in own
