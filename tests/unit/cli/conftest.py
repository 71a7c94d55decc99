"""A folder of tasks with one new task, as `pytest-kernelbench new-task` writes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_kernelbench.cli import main


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """The file of the task `my_op`."""
    assert main.main(["new-task", "LinearAlgebra", "my_op", "--into", str(tmp_path)]) == 0
    return tmp_path / "linear_algebra" / "my_op.py"
