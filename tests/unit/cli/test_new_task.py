"""`pytest-kernelbench new-task`: a new file that runs, and the messages of mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_kernelbench.cli import main, new_task
from pytest_kernelbench.cli.check_tasks import check_tasks
from pytest_kernelbench.model.catalogue import Catalogue


def test_runs_as_it_is(mine: Path) -> None:
    assert list(check_tasks(Catalogue.find([mine.parents[1]]))) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fusoin", "x"], "'fusoin' is not a category: did you mean Fusion?"),
        (["fusion", "my-op"], "'my-op' cannot be the name of a task"),
        (["fusion", "class"], "'class' cannot be the name of a task"),
        (["fusion", "my_op"], "the task my_op exists already"),
    ],
)
def test_mistakes(mine: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["new-task", *arguments, "--into", str(mine.parents[1])]) == 1
    assert message in capsys.readouterr().err


def test_the_file_of_another_task_stays(mine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = mine.read_text()
    other = mine.parents[1] / "math"
    other.mkdir()
    (other / "exp.txt").touch()
    assert main.main(["new-task", "linear_algebra", "my_op", "--into", str(mine.parents[1])]) == 1
    assert capsys.readouterr().err == f"pytest-kernelbench: {mine}: the task my_op exists already\n"
    assert mine.read_text() == text


@pytest.mark.parametrize(("installed", "folder"), [(True, "kb_tasks"), (False, "checkout")])
def test_where_a_task_goes_by_default(
    installed: bool, folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(new_task, "is_installed", lambda: installed)
    monkeypatch.setattr(new_task, "default_root", lambda: Path("checkout"))
    assert main.main(["new-task", "Math", "my_op"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == f"{folder}/math/my_op.py"
    assert (tmp_path / folder / "math" / "my_op.py").is_file()


def test_a_task_from_a_reference_and_examples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "scaling.py").write_text("def scaled(x, weight, eps=1e-6):\n    return x * weight + eps\n")
    monkeypatch.chdir(tmp_path)
    asked = ["new-task", "--into", "own", "--from", "mypkg.ops:scaled", "--reference", "scaling:scaled"]
    assert main.main([*asked, "--example", "x=Tensor((4, 64)), weight=Tensor((64,))"]) == 0
    printed = capsys.readouterr().out
    assert "scaled: x[a, b], weight[b]: a from 1, b from 1 varies" in printed
    assert "pytest --kb-tasks=own --kb-kernel=scaled=mypkg.ops:scaled" in printed
    monkeypatch.syspath_prepend(tmp_path)
    catalogue = Catalogue.find([tmp_path / "own"])
    (fault,) = check_tasks(catalogue)
    assert "workloads: empty" in fault
    task = catalogue.load("scaled")
    assert len(task.fixed_cases) > 4
    assert main.main(asked) == 1
    assert "--from, --reference and --example belong together" in capsys.readouterr().err
