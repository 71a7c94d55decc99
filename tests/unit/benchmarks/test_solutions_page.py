"""The page of solutions is that of the files."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[3]


def script() -> ModuleType:
    """Return the script, which is in no package."""
    spec = importlib.util.spec_from_file_location("solutions_page", ROOT / "benchmarks" / "solutions_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_up_to_date() -> None:
    assert (ROOT / "docs" / "solutions.md").read_text(encoding="utf-8") == script().page()


def test_lines_are_those_with_code() -> None:
    source = '"""Two\nlines."""\n\nx = 1  # why\n# alone\n\ndef f():\n    """One."""\n    return x\n'
    assert script().lines(source) == 3


def test_the_algorithm_is_the_first_paragraph() -> None:
    assert script().algorithm('"""A sum\nof parts.\n\nSource: a paper."""\n') == "A sum of parts."


def test_no_task_is_solved_twice_and_each_file_is_a_task() -> None:
    files = [path for name in ("examples", "solutions") for path in script().kernels(ROOT / "submissions" / name)]
    tasks = [(path.parent.name, path.stem) for path in files]
    assert len(set(tasks)) == len(tasks)
    assert {stem for _, stem in tasks} <= {path.stem for path in (ROOT / "tasks").glob("*/*.py")}
