"""`pytest-kernelbench compare`: exit status, table and JSON of two results files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_kernelbench.cli import main
from tests.support.records import correctness, schema_1, speed


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Two results files: one kernel worse and slower with the same code, one better, one new, one as it was."""
    old = [correctness("relu"), correctness("abs", "crash", "basic"), correctness("cos"), speed("relu", 1.5)]
    new = [correctness("relu", "wrong_values", "sizes"), correctness("abs"), correctness("cos"), correctness("erf"),
           speed("relu", 1.2)]  # fmt: skip
    for name, records in (("old.jsonl", old), ("new.jsonl", new)):
        (tmp_path / name).write_text("".join(f"{record.to_json()}\n" for record in records), encoding="utf-8")
    return [str(tmp_path / "old.jsonl"), str(tmp_path / "new.jsonl")]


@pytest.mark.parametrize(("fail_on", "status"), [("worse", 1), ("any", 1), ("never", 0)])
def test_the_exit_status(files: list[str], fail_on: str, status: int) -> None:
    assert main.main(["compare", *files, "--fail-on", fail_on]) == status
    assert main.main(["compare", files[0], files[0], "--fail-on", fail_on]) == 0


def test_only_what_is_worse_fails_by_default(files: list[str]) -> None:
    old, new = (Path(name).read_text(encoding="utf-8").splitlines(keepends=True) for name in files)
    Path(files[1]).write_text("".join([old[0], *new[1:4], old[3]]), encoding="utf-8")
    assert main.main(["compare", *files]) == 0
    assert main.main(["compare", *files, "--fail-on", "any"]) == 1


def test_the_table(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    main.main(["compare", *files])
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[1:] == [
        "worse correctness mine relu interpreter passed wrong_values (sizes) nothing: SAME CODE, OTHER VERDICT",
        "worse speed large, eager mine relu cuda:h100 1.5 [1.49, 1.52] faster 1.2 [1.19, 1.21] faster "
        "nothing: SAME CODE, OTHER VERDICT",
        "better correctness mine abs interpreter crash (basic) passed nothing: SAME CODE, OTHER VERDICT",
        "new correctness mine erf interpreter passed",
        "2 worse, 1 better, 0 changed, 1 new, 0 gone, 1 unchanged, 3 alarms",
    ]


def test_json(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["compare", *files, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["failed"] is True
    assert found["counts"]["worse"] == 2
    assert found["notes"] == {"old": [], "new": []}
    assert found["changes"][0] == {
        "kind": "worse", "about": "correctness", "submission": "mine", "variant": None, "task": "relu",
        "device": "interpreter", "before": "passed", "after": "wrong_values (sizes)", "changed": [], "alarm": True,
    }  # fmt: skip


def test_a_file_without_results_is_an_error(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main(["compare", files[0], str(tmp_path / "typo.jsonl")]) == 1
    said = capsys.readouterr().err
    assert f"NEW: {tmp_path}/typo.jsonl: not read: No such file or directory" in said
    assert (
        f"pytest-kernelbench: {tmp_path}/typo.jsonl: no results to compare; expected a file that --kb-results wrote"
        in said
    )


def test_what_was_left_out_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, submission in (("old.jsonl", "mine"), ("new.jsonl", "geak")):
        (tmp_path / name).write_text(correctness("relu", submission=submission).to_json() + "\n", encoding="utf-8")
    assert main.main(["compare", str(tmp_path / "old.jsonl"), str(tmp_path / "new.jsonl")]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == ("left out: no kernel is in both: OLD has mine; NEW has geak")


def test_a_choice_that_there_is_not(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["compare", *files, "--fail-on", "better"]) == 2
    assert "argument --fail-on: invalid choice: 'better'" in capsys.readouterr().err


def test_a_file_of_schema_1_is_compared(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    old, _ = map(Path, files)
    copy = old.with_name("copy.jsonl")
    copy.write_text(old.read_text(encoding="utf-8"), encoding="utf-8")
    old.write_text("".join(schema_1(line) for line in old.read_text().splitlines(True)), encoding="utf-8")
    assert main.main(["compare", str(old), str(copy), "--fail-on", "any", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["counts"]["unchanged"] == 4
    assert found["notes"] == {"old": [], "new": []}
