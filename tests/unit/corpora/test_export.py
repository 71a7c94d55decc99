"""Verdicts as a data set: rows, what is copied, the card, and parquet where it can be written."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_kernelbench.cli import main
from pytest_kernelbench.corpora import columns
from pytest_kernelbench.corpora.export import export, got_and_wanted
from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.model.code import digest_of
from pytest_kernelbench.model.record import CompileRecord, Failure, Record
from tests.support.imports import CODE
from tests.support.records import correctness, results, speed

MESSAGE = "result[0, 1]: got 0.5, wanted 0.25 (9.1e+05 units of error, at most 3)\n3 of 20 elements are wrong"
FAILED = correctness(
    "relu",
    "wrong_values",
    "sizes",
    category="Activation",
    failure=Failure("sizes", MESSAGE, "Case(input=Tensor((1,)))"),
    unrun_lines=[{"first": 3, "last": 4, "under": "n > 8"}],
    observations=["starts threads", "reads the clock"],
    kernel_sha256=digest_of(CODE),
    versions={"torch": "2.13.0"},
)


@pytest.fixture
def kernels(tmp_path: Path) -> Path:
    """A submission with the kernel of `FAILED`."""
    folder = tmp_path / "theirs"
    (folder / "Activation").mkdir(parents=True)
    (folder / "Activation" / "relu.py").write_text(CODE)
    return folder


@pytest.fixture(autouse=True)
def without_pyarrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)


def exported(
    tmp_path: Path, *records: Record, catalogue: Catalogue, kernels: Path | None = None
) -> list[dict[str, Any]]:
    """Return the rows of a data set of these records."""
    export(results(*records), tmp_path / "set", [kernels] if kernels else [], catalogue)
    lines = (tmp_path / "set" / "data" / "kernels.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_a_row_has_the_verdict_and_what_shows_it(tmp_path: Path, catalogue: Catalogue) -> None:
    (row,) = exported(tmp_path, FAILED, catalogue=catalogue)
    assert list(row) == [column.name for column in columns.COLUMNS]
    assert (row["status"], row["failed_facet"], row["facet_basic"]) == ("wrong_values", "sizes", "passed")
    assert (row["got"], row["wanted"], row["minimal_case"]) == ("0.5", "0.25", "Case(input=Tensor((1,)))")
    assert row["unrun_lines"] == [{"first": 3, "last": 4, "under": "n > 8"}]
    assert row["observations"] == "starts threads\nreads the clock"
    assert json.loads(row["versions"]) == {"torch": "2.13.0"}
    assert row["code"] is None


def test_compilations_and_speed_stand_with_their_kernel(tmp_path: Path, catalogue: Catalogue) -> None:
    built = CompileRecord(
        **{name: getattr(FAILED, name) for name in ("submission", "variant", "task", "category")},
        kind="compile", status="passed", stage="all", target="sm_90", registers=40,
    )  # fmt: skip
    (row,) = exported(tmp_path, FAILED, built, speed("relu", 2.0, category="Activation"), catalogue=catalogue)
    assert row["compiled"][0] | {"target": "sm_90", "registers": 40} == row["compiled"][0]
    assert (row["speed"][0]["ratio"], row["speed"][0]["device"]) == (2.0, "cuda:h100")


@pytest.mark.parametrize(
    ("started", "moment"),
    [
        ("2026-11-27T23:25:15+00:00", "2026-11-27 23:25:15 UTC"),
        ("2026-11-28T01:25:15.75+02:00", "2026-11-27 23:25:15 UTC"),
        ("", None),
        ("today", None),
    ],
)
def test_moments_are_texts_in_utc(tmp_path: Path, catalogue: Catalogue, started: str, moment: str | None) -> None:
    (row,) = exported(tmp_path, replace(FAILED, started=started), catalogue=catalogue)
    assert row["started"] == moment


def test_missing_kernels_have_no_row(tmp_path: Path, catalogue: Catalogue) -> None:
    assert exported(tmp_path, correctness("relu", "missing"), catalogue=catalogue) == []


@pytest.mark.parametrize(
    ("licence", "copied"), [("Apache-2.0", True), ("mit", True), ("GPL-3.0", False), (None, False)]
)
def test_code_is_copied_only_where_its_licence_allows_that(
    tmp_path: Path, catalogue: Catalogue, kernels: Path, licence: str | None, copied: bool
) -> None:
    given = 'model = "m"\nurl = "https://example.org"\n' + (f'licence = "{licence}"\n' if licence else "")
    (kernels / "submission.toml").write_text(given)
    (row,) = exported(tmp_path, FAILED, catalogue=catalogue, kernels=kernels)
    assert row["code"] == (CODE if copied else None)
    assert (row["repository"], row["path"], row["model"]) == ("https://example.org", "Activation/relu.py", "m")
    assert row["licence"] == licence


def test_other_code_of_the_same_task_is_not_taken_for_it(tmp_path: Path, catalogue: Catalogue, kernels: Path) -> None:
    (kernels / "submission.toml").write_text('licence = "MIT"\n')
    (kernels / "Activation" / "relu.py").write_text("other = 1\n")
    (row,) = exported(tmp_path, FAILED, catalogue=catalogue, kernels=kernels)
    assert (row["code"], row["path"], row["licence"]) == (None, None, None)


@pytest.mark.parametrize(
    ("message", "found"),
    [
        (MESSAGE, ("0.5", "0.25")),
        ("result[0]: got nan, wanted 1 (must be equal)", ("nan", "1")),
        ("result.shape is (2, 3), wanted (3, 2)", ("(2, 3)", "(3, 2)")),
        ("result.dtype is float32, wanted float16", ("float32", "float16")),
        ("got 1 outputs, wanted 2: result[0], result[1]", ("1 outputs", "2: result[0], result[1]")),
        ("ValueError: x", (None, None)),
    ],
)
def test_got_and_wanted(message: str, found: tuple[str | None, str | None]) -> None:
    assert got_and_wanted(message) == found


def test_a_message_names_no_folder_of_the_machine(tmp_path: Path, catalogue: Catalogue) -> None:
    said = "ImportError: no tanh (/home/me/.venv/lib/python3.11/site-packages/triton/x.py) in /tmp/kb-runner-1/relu.py"
    record = replace(FAILED, failure=Failure("load", f"{said}: a/b and x / y"))
    (row,) = exported(tmp_path, record, catalogue=catalogue)
    assert row["message"] == "ImportError: no tanh (site-packages/triton/x.py) in kb-runner-1/relu.py: a/b and x / y"


def test_the_card_says_what_is_there(tmp_path: Path, catalogue: Catalogue, kernels: Path) -> None:
    (kernels / "submission.toml").write_text('licence = "MIT"\nurl = "https://example.org"\n')
    exported(tmp_path, FAILED, correctness("relu", submission="other"), catalogue=catalogue, kernels=kernels)
    text = (tmp_path / "set" / "README.md").read_text()
    head = text.split("---\n")[1]
    assert "license: other" in head
    assert "path: data/kernels.jsonl" in head
    assert "| mine | 1 | 0 | MIT | 1 | https://example.org |" in text
    assert "| other | 1 | 1 | not known | 0 | not known |" in text
    assert "Statuses: wrong_values 1, passed 1." in text
    for column in columns.COLUMNS:
        assert f"| `{column.name}` |" in text
        assert f"- name: {column.name}\n" in head


def test_from_the_command_line(
    tmp_path: Path, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Catalogue, "find", lambda roots=None, own=None: catalogue)
    (tmp_path / "r.jsonl").write_text(FAILED.to_json() + "\n")
    assert (
        main.main(["export", str(tmp_path / "r.jsonl"), "--into", str(tmp_path / "set"), "--licence", "CC0-1.0"]) == 0
    )
    assert "1 verdict, 0 with code; JSON lines; no parquet, since pyarrow" in capsys.readouterr().out
    assert "license: cc0-1.0\n" in (tmp_path / "set" / "README.md").read_text()


def test_nothing_to_export(tmp_path: Path, catalogue: Catalogue, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "r.jsonl").touch()
    assert main.main(["export", str(tmp_path / "r.jsonl"), "--into", str(tmp_path / "set")]) == 1
    assert "no records" in capsys.readouterr().err
