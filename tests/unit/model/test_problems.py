from __future__ import annotations

from pathlib import Path

import pytest

from pytest_kernelbench.model.problems import kernel_name, number_of, problem_files, row_of, sample_of
from tests.support.problems import LEVEL1, LEVEL2, SOFTPLUS, folder_of_problems


@pytest.mark.parametrize(
    ("stem", "named"),
    [
        ("level_1_problem_23_sample_0_kernel", ((1, 23), 0)),
        ("level_2_problem_7_sample_12", ((2, 7), 12)),
        ("level1_problem4", ((1, 4), None)),
        ("23_Softmax", None),
        ("level_1_problem_x_sample_0_kernel", None),
    ],
)
def test_names_of_kernels_say_problem_and_sample(stem: str, named: object) -> None:
    assert kernel_name(stem) == named


def test_samples_are_variants() -> None:
    assert sample_of("level_1_problem_23_sample_3_kernel") == "sample_3"
    assert sample_of("level_1_problem_23") is sample_of("relu") is None


def test_problems_are_found_with_their_levels(tmp_path: Path) -> None:
    root = folder_of_problems(tmp_path / "bench")
    (root / "level1" / "notes.py").write_text("x = 1\n")
    assert [(path.name, level) for path, level in problem_files(root)] == [(LEVEL1, 1), (LEVEL2, 2)]
    assert [(path.name, level) for path, level in problem_files(root / "level2")] == [(LEVEL2, 2)]
    (root / "own.py").write_text(SOFTPLUS)
    assert next(iter(problem_files(root))) == (root / "own.py", 0)
    assert number_of("own", 0) is None
    assert number_of("7_Shifted_softplus", 1) == (1, 7)


@pytest.mark.parametrize(
    ("row", "read"),
    [
        ({"level": 2, "problem": 4, "sample": 1, "code": "c"}, ("level_2_problem_4", 1, "c")),
        ({"level": "1", "problem_id": 9, "kernel": "k"}, ("level_1_problem_9", 0, "k")),
        ({"level": 2, "problem": 4}, None),
        ({"level": True, "problem": 4, "code": "c"}, None),
        ({"file": "relu.py", "level": 1, "problem": 1, "code": "c"}, None),
        (["level", 1], None),
    ],
)
def test_rows_name_their_problem(row: object, read: object) -> None:
    assert row_of(row) == read
