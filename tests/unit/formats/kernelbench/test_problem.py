from __future__ import annotations

from pathlib import Path

import pytest

from pytest_kernelbench.formats.kernelbench.problem import Problem
from pytest_kernelbench.model.errors import TaskError

TEXT = """
import torch
class Model(torch.nn.Module):
    pass
batch = 2 * 8
height = width = 20
depth, (rows, columns) = 5, (6, 7)
window = (3, 40)
shape = (batch, 1)
eps, flag, minus = 1e-5, True, -4
def get_inputs():
    scale = 9
    return [torch.rand(batch, 33, height, width), torch.randint(0, 11, (batch,))]
def get_init_inputs():
    return [shape, window]
"""


def problem(tmp_path: Path, text: str = TEXT) -> Problem:
    path = tmp_path / "1_Some.py"
    path.write_text(text)
    return Problem.read(path)


def test_numbers_are_integers_of_the_module_and_sizes_of_draws(tmp_path: Path) -> None:
    found = problem(tmp_path).numbers
    named = {name: value for name, value in found.items() if ":" not in name}
    assert named == {
        "batch": 16, "height": 20, "depth": 5, "rows": 6, "columns": 7, "window[0]": 3, "window[1]": 40,
        "shape[1]": 1,
    }  # fmt: skip
    assert sorted(value for name, value in found.items() if ":" in name) == [11, 33]


def test_what_depends_on_a_number_changes_with_it(tmp_path: Path) -> None:
    made = problem(tmp_path)
    drawn = next(name for name, value in made.numbers.items() if value == 33)
    found = made.run({"batch": 3, "height": 4, "window[1]": 5, drawn: 6})
    assert found.init_inputs() == ((3, 1), (3, 5))
    assert found.inputs()[0].shape == (3, 6, 4, 4)
    assert made.run({}).inputs()[0].shape == (16, 33, 20, 20)


def test_a_file_that_does_not_run_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match=r"1_Some\.py: not Python"):
        problem(tmp_path, "def")
    with pytest.raises(TaskError, match=r"1_Some\.py: ZeroDivisionError"):
        problem(tmp_path, "x = 1 // 0").run({})
