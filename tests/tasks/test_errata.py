"""The page of errata and the docstrings of tasks name the same tasks, and each row shows what it says by a number."""

from __future__ import annotations

import ast
import re

import pytest

from pytest_kernelbench.model.catalogue import Catalogue, default_root

CATALOGUE = Catalogue.find()

PAGE = (default_root().parent / "docs" / "errata.md").read_text(encoding="utf-8")

OF_THE_BENCHMARK, OF_PYTORCH = PAGE.split("## What PyTorch itself gets wrong")

ROWS = [line.strip("| ").split(" | ") for line in PAGE.splitlines() if line.startswith("| `")]


def tasks_of(text: str) -> set[str]:
    """Return the names of tasks in the first cells of the tables of a page."""
    cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("| ")]
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)} - {"dim"}


def docstring(name: str) -> str:
    return ast.get_docstring(ast.parse(CATALOGUE.names()[name].path.read_text(encoding="utf-8"))) or ""


def test_every_task_of_the_page_exists() -> None:
    assert tasks_of(PAGE) <= set(CATALOGUE.names())


def test_the_page_and_the_docstrings_name_the_same_tasks() -> None:
    """A docstring calls a reference or a test of the benchmark `shipped` where it differs from what is tested here."""
    noted = {name for name in CATALOGUE.names() if re.search(r"\bshipped\b", docstring(name))}
    assert tasks_of(OF_THE_BENCHMARK) == noted


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].split(",")[0].strip("`"))
def test_a_row_is_complete(row: list[str]) -> None:
    assert len(row) in (3, 4)
    assert all(cell.strip() for cell in row)
