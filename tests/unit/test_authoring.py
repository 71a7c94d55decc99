"""What authors of tasks use: a new file that runs, a check-up that names file and field, the table of all tasks."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_kernelbench import Case, TaskError, Tensor, cli, doctor
from pytest_kernelbench.checkup import checkup
from pytest_kernelbench.judge.oracle import OracleError
from pytest_kernelbench.judge.work import work
from pytest_kernelbench.model.catalogue import Catalogue, default_root
from pytest_kernelbench.report.tasks_table import tasks_table


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """Return a folder of tasks with one new task."""
    assert cli.main(["new-task", "LinearAlgebra", "my_op", "--into", str(tmp_path)]) == 0
    return tmp_path / "linear_algebra" / "my_op.py"


def catalogue(file: Path) -> Catalogue:
    return Catalogue.find([file.parents[1]])


class TestNewTask:
    def test_runs_as_it_is(self, mine: Path) -> None:
        assert list(checkup(catalogue(mine))) == []

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["fusoin", "x"], "'fusoin' is no category: did you mean Fusion?"),
            (["fusion", "my-op"], "'my-op' cannot be the name of a task"),
            (["fusion", "class"], "'class' cannot be the name of a task"),
            (["fusion", "my_op"], "there is a task my_op already"),
        ],
    )
    def test_mistakes(self, mine: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["new-task", *arguments, "--into", str(mine.parents[1])]) == 1
        assert message in capsys.readouterr().err


class TestCheckup:
    def test_workloads_are_wanted(self, mine: Path) -> None:
        lines = [line for line in mine.read_text().splitlines() if "workloads" not in line]
        mine.write_text("\n".join(lines))
        assert list(checkup(catalogue(mine))) == [
            f"{mine}: workloads: there is none; name at least one case that is worth timing"
        ]

    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            ("spine=(", "spines=(", "unexpected keyword argument 'spines'; did you mean spine"),
            ("empty=True", "emtpy=True", "unexpected keyword argument 'emtpy'; did you mean empty"),
            ("input * scale", "input @ scale", "spine[0]: the reference fails on Case(input=Tensor((4, 5)))"),
            ('(8192, 8192), "float16"', '(8192, 8192), "float64"', "workloads['elements_64m']: input is float64"),
            ("(8192, 8192)", "(81920, 81920)", "workloads['elements_64m']: 25.0 GiB of arguments"),
            ("scale=2.0)}", "scael=2.0)}", "workloads['elements_64m']: ['scael'] is not in the signature"),
            ("task = Task", "tsak = Task", "there is no `task`"),
        ],
    )  # fmt: skip
    def test_names_the_file_and_the_field(self, mine: Path, old: str, new: str, message: str) -> None:
        text = mine.read_text()
        assert old in text
        mine.write_text(text.replace(old, new))
        found = list(checkup(catalogue(mine)))
        assert found
        assert found[0].startswith(f"{mine}: ")
        assert message in found[0]

    def test_doctor_says_it_and_fails(
        self, mine: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(doctor, "_tries", lambda: iter(()))
        arguments = ["doctor", "--check-tasks", "--tasks", str(mine.parents[1])]
        assert cli.main(arguments) == 0
        mine.write_text(mine.read_text().replace("input * scale", "input.no_such_method()"))
        assert cli.main(arguments) == 1
        assert f"{mine}: spine[0]: the reference fails" in capsys.readouterr().err


class TestWork:
    def test_is_counted_on_shapes(self) -> None:
        found = work(Catalogue.find().load("matmul"), Case(tensor1=Tensor((64, 32)), tensor2=Tensor((32, 16))))
        assert found == (2 * 64 * 32 * 16, 4 * (64 * 32 + 32 * 16 + 64 * 16))

    def test_of_a_reference_that_needs_values(self, mine: Path) -> None:
        mine.write_text(mine.read_text().replace("return input * scale", "return input * input.max().item()"))
        task = catalogue(mine).load("my_op")
        with pytest.raises(OracleError, match="no work can be counted for Case"):
            work(task, task.spine[0])
        mine.write_text(mine.read_text().replace("workloads=", "work=lambda case: (1, 2),\n    workloads="))
        task = catalogue(mine).load("my_op")
        assert work(task, task.spine[0]) == (1, 2)


def test_the_table_of_tasks_is_current() -> None:
    table = default_root().parent / "docs" / "tasks.md"
    assert table.read_text() == tasks_table(Catalogue.find()), "run: pytest-kernelbench tasks > docs/tasks.md"


def test_a_misspelt_field_is_said_at_loading(mine: Path) -> None:
    mine.write_text(mine.read_text().replace("contract=", "contrakt="))
    with pytest.raises(TaskError, match=r"my_op\.py: TypeError: .*'contrakt'; did you mean contract"):
        catalogue(mine).load("my_op")
