"""`pytest-kernelbench report`: what it writes, and what it says of files that are not what they should be."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from pytest_kernelbench.cli import main
from tests.support.records import correctness, schema_1


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A results file of two kernels."""
    path = tmp_path / "results.jsonl"
    records = [correctness("relu", category="Activation"), correctness("abs", "crash", "basic", category="Math")]
    path.write_text("".join(f"{record.to_json()}\n" for record in records))
    return path


def test_each_kind_of_report(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page, figures = file.parent / "deep" / "page.html", file.with_name("figures.json")
    assert main.main(["report", str(file), "--html", str(page), "--json", str(figures)]) == 0
    assert capsys.readouterr() == ("", "")
    assert page.read_text().startswith("<!doctype html>")
    assert json.loads(figures.read_text())["records"] == 2
    for options in ([], ["--markdown"], ["--markdown", "--html", str(page)]):
        assert main.main(["report", str(file), *options]) == 0
        assert "| `mine` | 1 of 2 | 1 of 176" in capsys.readouterr().out
    assert sorted(path.name for path in page.parent.iterdir()) == ["page.html"]


def test_what_is_broken_is_said_and_the_rest_is_reported(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = file.read_text().splitlines()
    other = lines[0].replace('"schema": 2', '"schema": 99')
    file.write_text("\n".join([*lines, other, lines[0][:70]]))
    page = file.with_name("page.html")
    assert main.main(["report", str(file), "--html", str(page)]) == 0
    said = capsys.readouterr().err
    assert f"note: {file}: line 3: not a record of schema 1 to 2" in said
    assert f"note: {file}: line 4: the last line is cut off" in said
    assert "the last line is cut off" in page.read_text()


def test_nothing_to_report_is_an_error_that_names_the_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "folder").mkdir()
    page = tmp_path / "page.html"
    page.write_text("as it was")
    paths = [str(tmp_path / name) for name in ("empty.jsonl", "folder", "absent.jsonl")]
    assert main.main(["report", *paths, "--html", str(page)]) == 1
    said = capsys.readouterr().err
    assert "empty.jsonl: no records; " in said
    assert "folder: no *.jsonl in this folder; " in said
    assert "absent.jsonl: not read: No such file or directory" in said
    assert page.read_text() == "as it was"
    assert main.main(["report"]) == 2


def test_a_file_that_cannot_be_written(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for target in (file.parent, file / "page.html"):
        for option in ("--html", "--json"):
            assert main.main(["report", str(file), option, str(target)]) == 1
            assert str(target.parent if target.parent == file else target) in capsys.readouterr().err


def test_a_page_may_go_into_a_pipe(file: Path) -> None:
    pipe = file.with_name("pipe")
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert main.main(["report", str(file), "--html", str(pipe)]) == 0
        assert os.read(reader, 15) == b"<!doctype html>"
    finally:
        os.close(reader)


def test_a_page_that_fails_half_way_leaves_the_old_one(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = file.with_name("page.html")
    page.write_text("as it was")

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert main.main(["report", str(file), "--html", str(page)]) == 1
    assert page.read_text() == "as it was"
    assert sorted(path.name for path in file.parent.iterdir()) == ["page.html", "results.jsonl"]


def test_a_file_of_schema_1_makes_the_same_report(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["report", str(file)]) == 0
    today = capsys.readouterr()
    file.write_text("".join(schema_1(line) for line in file.read_text().splitlines(True)), encoding="utf-8")
    assert '"schema": 1,' in file.read_text()
    assert main.main(["report", str(file)]) == 0
    assert capsys.readouterr() == today


def test_tasks_of_another_folder(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    task = tmp_path / "tasks" / "activation" / "relu.py"
    task.parent.mkdir(parents=True)
    task.touch()
    assert main.main(["report", str(file), "--tasks", str(tmp_path / "tasks")]) == 0
    found = capsys.readouterr()
    assert "| `mine` | 1 of 2 | 1 of 2" in found.out
    assert "note: 1 task in addition to the 1 of the catalogue: abs" in found.err


def test_a_submission_beside_an_expert(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    expert = file.with_name("solutions.jsonl")
    expert.write_text(correctness("relu", submission="solutions", category="Activation").to_json() + "\n")
    assert main.main(["report", str(file), str(expert), "--against", "solutions"]) == 0
    found = capsys.readouterr().out
    assert "| submission | of the 1 task of `solutions` |" in found
    assert "| `mine` | 1 of 1 (" in found
    assert main.main(["report", str(file), "--against", "solutions"]) == 1
    assert "no verdicts of solutions, but of mine" in capsys.readouterr().err


def test_what_a_kernel_names_cannot_control_the_terminal(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(correctness("\x1b[31mred", category="Math").to_json() + "\n", encoding="utf-8")
    assert main.main(["report", str(file)]) == 0
    assert "\x1b" not in "".join(capsys.readouterr())
