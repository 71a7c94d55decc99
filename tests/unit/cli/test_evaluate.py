"""`pytest-kernelbench evaluate`: one kernel from a file, its result, and the messages of mistakes."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_kernelbench import Evaluation
from pytest_kernelbench.cli import evaluate
from pytest_kernelbench.cli.main import main
from pytest_kernelbench.evaluation.options import OPTIONS
from pytest_kernelbench.model.record import CompileRecord, Failure, Record
from tests.support.records import correctness

RIGHT = "def relu(input, inplace=False):\n    return input.relu_() if inplace else input.clamp(min=0)\n"
LATE = "def relu(input, inplace=False):\n    return input.clamp(min=0) + (input.numel() > 1000)\n"
WRONG = correctness(
    "relu", "wrong_values", "sizes", failure=Failure("sizes", "got 1, wanted 2\n1 of 3 \x1b[31m", "Case(x=1)")
)
FACETS = (
    "  facets: basic passed, sizes wrong_values, dtypes passed, layouts passed, values passed, contract passed, "
    "engine passed\n"
)
"""The line about the facets of a kernel that did not pass."""


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    options = ("--device=cpu", "--language=torch", "--facets=basic,sizes", "--examples=0")
    file = tmp_path / "relu.py"
    file.write_text(RIGHT)
    assert main(["evaluate", str(file), *options]) == 0
    assert capsys.readouterr().out == "relu: passed\n"
    file.write_text(LATE)
    assert main(["evaluate", str(file), *options, "--json", "--feedback"]) == 1
    line, first, *_ = capsys.readouterr().out.splitlines()
    assert json.loads(line)["record"]["facets"] == {"basic": "passed", "sizes": "wrong_values"}
    assert first == "relu: wrong_values in sizes"

    with file.open("rb") as stream, open(os.devnull, "rb") as nothing:
        monkeypatch.setattr(sys, "stdin", type("Input", (), {"buffer": stream}))
        assert main(["evaluate", "-", "--task=relu", *options]) == 1
        monkeypatch.setattr(sys, "stdin", type("Input", (), {"buffer": nothing}))
        assert main(["evaluate", "-", *options]) == 2
    assert "standard input has no name" in capsys.readouterr().err
    assert main(["evaluate", str(tmp_path / "nothing.py")]) == 2
    file.rename(tmp_path / "relyu.py")
    assert main(["evaluate", str(tmp_path / "relyu.py")]) == 2
    assert "no task is named 'relyu': did you mean relu" in capsys.readouterr().err


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """Arguments with which a kernel was judged; none is."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "relu.py").write_text(RIGHT)
    arguments: dict[str, Any] = {}

    def take(code: str, task: str, **options: Any) -> Evaluation:
        arguments.update(options, task=task, code=code)
        return Evaluation(arguments.pop("record", correctness("relu")), arguments.pop("compiled", ()))

    monkeypatch.setattr(evaluate, "evaluate", take)
    return arguments


def test_defaults_are_those_of_the_options(asked: dict[str, Any]) -> None:
    assert main(["evaluate", "relu.py"]) == 0
    assert (asked.pop("code"), asked.pop("task"), asked.pop("seed"), asked.pop("language")) == (
        RIGHT, "relu", "0", "triton",
    )  # fmt: skip
    assert asked.pop("targets") == []
    assert asked.pop("helpers") == {}
    assert asked == {
        name.replace("-", "_"): OPTIONS[name].checked(OPTIONS[name].default)
        for name in evaluate.JUDGING
        if OPTIONS[name].default
    }


def test_every_option_is_passed_on(asked: dict[str, Any]) -> None:
    given = {
        "--task": "gelu", "--device": "cpu", "--facets": "sizes,basic", "--examples": "7", "--timeout": "3",
        "--target": "sm_90,sm_80", "--compile-timeout": "2.5", "--tasks": "own", "--allow": "clocks",
        "--sandbox": "off", "--seed": "9", "--language": "torch",
    }  # fmt: skip
    assert main(["evaluate", "relu.py", *(f"{name}={value}" for name, value in given.items())]) == 0
    assert asked == {
        "code": RIGHT, "task": "gelu", "device": "cpu", "facets": ("basic", "sizes"), "examples": 7, "timeout": 3.0,
        "targets": ["sm_90", "sm_80"], "compile_timeout": 2.5, "tasks": Path("own"), "allow": ("clocks",),
        "sandbox": "off", "seed": "9", "language": "torch", "helpers": {},
    }  # fmt: skip
    assert main(["evaluate", "relu.py", "--target=none"]) == 0
    assert asked["targets"] == ["none"]


def test_helpers_are_found_beside_the_kernel_and_above_it(asked: dict[str, Any], tmp_path: Path) -> None:
    folder = tmp_path / "round_0"
    folder.mkdir()
    (folder / "relu.py").write_text("import beside\n" + RIGHT)
    (folder / "beside.py").write_text("import above\n")
    (tmp_path / "above.py").write_text("LOW = 0\n")
    (tmp_path / "other.py").write_text("")
    assert main(["evaluate", "round_0/relu.py"]) == 0
    assert asked["helpers"] == {"beside.py": "import above\n", "above.py": "LOW = 0\n"}


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("--timeout=0", "--timeout=0: expected a number of seconds above 0"),
        ("--compile-timeout=soon", "--compile-timeout=soon: expected a number of seconds above 0"),
        ("--examples=-1", "--examples=-1: expected a whole number of at least 0"),
        ("--facets=basics", "--facets=basics: did you mean basic, sizes? (one of 8)"),
        ("--device=gpu", "--device=gpu: did you mean cpu? (one of 4)"),
        ("--target=sm_91", "--target=sm_91: unknown target sm_91; choose from: sm_80, "),
        ("--allow=clock", "--allow=clock: did you mean clocks? (one of 6)"),
        ("--sandbox=loose", "--sandbox=loose: choose from: best, off, strict"),
    ],
)
@pytest.mark.usefixtures("asked")
def test_a_bad_value_is_named_as_it_was_written(
    argument: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "relu.py", argument]) == 2
    assert capsys.readouterr().err.startswith(f"pytest-kernelbench: {message}")


def test_the_help_has_the_texts_and_defaults_of_the_options(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    assert main(["evaluate", "--help"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    for name in evaluate.JUDGING:
        option = OPTIONS[name]
        default = f" (default: {option.default})" if option.default else ""
        assert f"--{name} {option.placeholder} {option.help}{default}" in text


def refused(target: str) -> CompileRecord:
    return CompileRecord(
        kind="compile", submission="evaluate", variant=None, task="relu", category="Activation", stage="loads",
        status="compile_error", target=target, failure=Failure("basic", f"no {target}"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("record", "compiled", "printed"),
    [
        (correctness("relu"), (), "relu: passed\n"),
        (WRONG, (), f"relu: wrong_values in sizes\n  got 1, wanted 2\n  1 of 3 \\x1b[31m\n  Case(x=1)\n{FACETS}"),
        (replace(WRONG, failure=None), (), f"relu: wrong_values\n{FACETS}"),
        (correctness("relu"), (refused("sm_80"),), "relu: compile_error for sm_80 in basic\n  no sm_80\n"),
        (
            replace(WRONG, failure=Failure("sizes", "bad")),
            (refused("sm_80"), replace(refused("sm_90"), status="passed", failure=None)),
            f"relu: wrong_values in sizes\n  bad\n{FACETS}relu: compile_error for sm_80 in basic\n  no sm_80\n",
        ),
    ],
)
def test_a_kernel_that_did_not_pass_is_printed_with_its_failures(
    asked: dict[str, Any],
    record: Record,
    compiled: tuple[CompileRecord, ...],
    printed: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked |= {"record": record, "compiled": compiled}
    assert main(["evaluate", "relu.py"]) == (0 if printed == "relu: passed\n" else 1)
    assert capsys.readouterr().out == printed
    assert printed.startswith(Evaluation(record, compiled).headline)


def test_feedback_is_as_long_as_asked(asked: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    asked["record"] = WRONG
    assert main(["evaluate", "relu.py", "--feedback", "--limit=40"]) == 1
    assert capsys.readouterr().out == Evaluation(WRONG).feedback(40) + "\n"
