"""`pytest-kernelbench tasks`: the page of all tasks."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_kernelbench.cli import main
from pytest_kernelbench.cli.tasks import tasks_table
from pytest_kernelbench.model.catalogue import CATEGORIES, Catalogue, default_root


def test_the_table_of_tasks_is_current() -> None:
    table = default_root().parent / "docs" / "tasks.md"
    assert table.read_text() == tasks_table(Catalogue.find()), "run: pytest-kernelbench tasks > docs/tasks.md"


def test_the_command_prints_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["tasks"]) == 0
    assert capsys.readouterr().out == tasks_table(Catalogue.find())


def test_each_category_has_its_tasks() -> None:
    lines = tasks_table(Catalogue.find()).splitlines()
    assert [line for line in lines if line.startswith("## ")] == [
        f"## {category} ({count})" for category, count in CATEGORIES.items()
    ]
    assert sum(line.startswith("| `") for line in lines) == sum(CATEGORIES.values())


def test_tasks_of_another_folder(mine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    mine.write_text(mine.read_text().replace("scale=1.0", "scale=1.0 or (1 | 2)"))
    assert main.main(["tasks", "--tasks", str(mine.parents[1])]) == 0
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| `")]
    assert rows == [
        "| `my_op` | `my_op(input, scale=1.0, out=None)` | float32, float16, bfloat16 | nan, inf, empty, zero_dim, out "
        "| elements_64m |"
    ]


def test_a_bar_in_a_cell_is_escaped(mine: Path) -> None:
    mine.write_text(mine.read_text().replace("scale=1.0", "scale='|'"))
    assert "`my_op(input, scale='\\|', out=None)`" in tasks_table(Catalogue.find([mine.parents[1]]))


def test_one_task_with_its_fixed_cases(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["tasks", "softmax"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Math softmax"
    assert lines[2].strip().startswith("softmax(input, dim")
    assert any(line.strip().startswith("Case(input=Tensor(") for line in lines)
    assert any(line.startswith("layouts: contiguous, ") for line in lines)
    assert main.main(["tasks", "sofmax"]) == 1
    assert "did you mean softmax" in capsys.readouterr().err
