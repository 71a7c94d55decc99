"""The check of task files: each fault is named with its file and its field."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_kernelbench import TaskError
from pytest_kernelbench.cli import doctor, main
from pytest_kernelbench.cli.check_tasks import check_tasks
from pytest_kernelbench.model.catalogue import Catalogue


def catalogue(file: Path) -> Catalogue:
    return Catalogue.find([file.parents[1]])


def test_workloads_are_wanted(mine: Path) -> None:
    lines = [line for line in mine.read_text().splitlines() if "workloads" not in line]
    mine.write_text("\n".join(lines))
    assert list(check_tasks(catalogue(mine))) == [
        f"{mine}: workloads: empty; name at least one case that is worth timing"
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("fixed_cases=(", "fixed_case=(", "unexpected keyword argument 'fixed_case'; did you mean fixed_cases"),
        ("empty=True", "emtpy=True", "unexpected keyword argument 'emtpy'; did you mean empty"),
        ("input * scale", "input @ scale", "fixed_cases[0]: the reference fails on Case(input=Tensor((4, 5)))"),
        ('(8192, 8192), "float16"', '(8192, 8192), "float64"', "workloads['elements_64m']: input is float64"),
        ("(8192, 8192)", "(81920, 81920)", "workloads['elements_64m']: 25.0 GiB of arguments"),
        ("scale=2.0)}", "scael=2.0)}", "workloads['elements_64m']: ['scael'] is not in the signature"),
        ("task = Task", "tsak = Task", "there is no `task`"),
    ],
)  # fmt: skip
def test_names_the_file_and_the_field(mine: Path, old: str, new: str, message: str) -> None:
    text = mine.read_text()
    assert old in text
    mine.write_text(text.replace(old, new))
    found = list(check_tasks(catalogue(mine)))
    assert found
    assert found[0].startswith(f"{mine}: ")
    assert message in found[0]


def test_doctor_says_it_and_fails(
    mine: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "_trials", lambda: iter(()))
    arguments = ["doctor", "--check-tasks", "--tasks", str(mine.parents[1])]
    assert main.main(arguments) == 0
    mine.write_text(mine.read_text().replace("input * scale", "input.no_such_method()"))
    assert main.main(arguments) == 1
    assert f"{mine}: fixed_cases[0]: the reference fails" in capsys.readouterr().err


def test_a_misspelt_field_is_said_at_loading(mine: Path) -> None:
    mine.write_text(mine.read_text().replace("contract=", "contrakt="))
    with pytest.raises(TaskError, match=r"my_op\.py: TypeError: .*'contrakt'; did you mean contract"):
        catalogue(mine).load("my_op")


def test_a_file_that_does_not_load_hides_no_other(mine: Path) -> None:
    other = mine.with_name("other.py")
    other.write_text("1 / 0")
    mine.write_text(mine.read_text().replace("workloads=", "workloads={} if True else "))
    faults = list(check_tasks(catalogue(mine)))
    assert [fault.partition(": ")[0] for fault in faults] == [str(mine), str(other)]
    assert "ZeroDivisionError" in faults[1]
