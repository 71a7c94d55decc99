"""The page of findings: every figure comes from the records, and nothing is said that they do not say."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_kernelbench.cli import main
from pytest_kernelbench.model.record import Failure, Record
from pytest_kernelbench.report.findings import findings
from pytest_kernelbench.report.shares import counted_share
from tests.support.records import correctness, results


def page(*records: Record) -> str:
    return findings(results(*records), "pytest-kernelbench findings r.jsonl")


def row(text: str, first: str, section: str) -> list[str]:
    """Return the cells of a row in a section of the page."""
    lines = text.split(f"## {section}\n")[1].split("\n## ")[0].splitlines()
    line = next(line for line in lines if line.startswith(f"| {first} |"))
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


KERNELS = (
    correctness("Math_0", label="kernel"),
    correctness("Math_1", "wrong_values", "sizes", label="kernel"),
    correctness("Math_2", "wrong_values", "basic"),
    correctness("Math_3", "load_error"),
    correctness("Math_4", "rejected", label="torch_only", facets={"basic": "passed"}),
    correctness("Math_5", "unsupported", "basic"),
    correctness("Math_6", "missing"),
)


def test_what_was_judged() -> None:
    cells = row(page(*KERNELS), "mine", "What was judged")
    assert cells[:2] == ["6", "1"]
    assert "wrong_values 2" in cells[2]
    assert "missing" not in cells[2]


def test_how_far_kernels_get() -> None:
    cells = row(page(*KERNELS), "mine", "How far kernels get")
    assert [cell.split(",")[0] for cell in cells] == ["5 of 6", "5 of 6", "3 of 6", "1 of 6", "1 of 6"]
    assert cells[4] == "1 of 6, 17 % (3.0 to 56)"


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("k(x: *fp32)\nat 3:4:\nAttributeError(\"module 'triton.language.math' has no attribute 'tanh'\")", "tanh"),
        ("ImportError: cannot import name 'libdevice' from 'triton.language' (/x.py)", "libdevice"),
        ("ModuleNotFoundError: No module named 'triton.ops'", "triton.ops"),
    ],
)
def test_names_that_triton_lacks(message: str, name: str) -> None:
    failed = correctness("Math_7", "load_error", failure=Failure("load", message))
    cells = row(page(*KERNELS, failed), "mine", "Names that this Triton lacks")
    assert cells[0].startswith("1 of 7")
    assert cells[1] == f"`{name}` 1"


def test_who_computes() -> None:
    fallback = correctness("Math_7", "rejected", "layouts", label="mixed", failure=Failure("fallback", "lets PyTorch"))
    cells = row(page(*KERNELS, fallback), "mine", "Kernels that launch nothing that matters")
    assert [cell.split(",")[0] for cell in cells] == ["4", "1 of 4", "0 of 4", "1 of 4", "1 of 4", "2 of 4"]


def test_what_fixed_tests_would_have_let_through() -> None:
    cells = row(page(*KERNELS), "mine", "What fixed tests would have let through")
    assert cells[0] == "3"
    assert cells[1].startswith("2 of 3")
    assert cells[2:] == ["1", "", "", "", "", "", "1", ""]


def test_kernels_that_no_fault_was_found_in_do_not_fail() -> None:
    tried = {"basic": "passed", "sizes": "passed"}
    open_ = (
        correctness("Math_0", "passed", facets=tried, stage="sizes"),
        correctness("Math_1", "refused", "layouts"),
        correctness("Math_2", "timeout", "values"),
        correctness("Math_3", "wrong_values", "values"),
    )
    text = page(*open_)
    cells = row(text, "mine", "What fixed tests would have let through")
    assert (cells[0], cells[1].split(",")[0], cells[2:]) == ("4", "1 of 4", ["", "", "", "1", "", "", "", "3"])
    assert "1 kernel of mine passed what was tried (basic, sizes)" in text
    assert row(text, "mine", "How far kernels get")[4].startswith("0 of 4")


def test_tasks_of_other_benchmarks_have_their_categories_and_no_headline() -> None:
    shipped = [correctness(f"Fusion_{n}", "wrong_values", "basic", submission=name) for n in range(2) for name in "ab"]
    other = correctness("level2_4_x", submission="c", category="Level2")
    text = page(*shipped, other)
    assert row(text, "Level2", "By category")[0] == "1"
    assert "of 2 tasks with a kernel of each of 2 methods" in next(x for x in text.splitlines() if "| 72 %" in x)


def test_beside_published_verdicts() -> None:
    records = [
        correctness("Math_0", kernel_sha256="a"),
        correctness("Math_1", "wrong_values", "sizes", kernel_sha256="b"),
        correctness("Math_2", "rejected", kernel_sha256="c"),
        correctness("Math_3", "timeout", "sizes", kernel_sha256="d"),
        correctness("Math_4", kernel_sha256="e"),
        correctness("Math_5", "wrong_values", "sizes", kernel_sha256="f"),
    ]
    published = {"a": True, "b": True, "c": True, "d": True, "e": False}
    text = findings(results(*records), "pytest-kernelbench findings r.jsonl", published=published)
    cells = row(text, "mine", "Beside published verdicts")
    assert [cell.split(",")[0] for cell in cells] == ["4", "2 of 4", "1", "1", "1", "1 of 1"]
    assert "published verdicts" not in page(*records)


def test_categories_and_methods() -> None:
    text = page(*KERNELS, correctness("Fusion_0", submission="other"))
    assert row(text, "Math", "By category")[-2:] == ["1/6", ""]
    assert row(text, "Fusion", "By category")[-1] == "1/1"
    assert row(text, "all of them", "How far kernels get")[4].startswith("2 of 7")


def test_headlines_are_not_known_without_the_kernels_that_they_are_about() -> None:
    lines = page(*KERNELS).split("## Published headlines")[1].splitlines()
    verdicts = [line.split("|")[3].strip() for line in lines if line.startswith("| ")][2:]
    assert verdicts == ["artefact", *["not known"] * 6, "artefact", "not known"]


def test_a_headline_that_the_records_answer() -> None:
    mine = [correctness(f"Fusion_{n}", "wrong_values", "basic", submission=name) for n in range(20) for name in "ab"]
    right = [correctness(f"Fusion_{n}", submission=name) for n in range(20, 25) for name in "ab"]
    line = next(line for line in page(*mine, *right).splitlines() if line.startswith("| 72 %"))
    assert "20 of 25, 80 %" in line
    assert "| agrees |" in line


@pytest.mark.parametrize(("running", "verdict"), [(8, "agrees"), (20, "differs")])
def test_the_share_that_others_could_call(running: int, verdict: str) -> None:
    statuses = ["wrong_values"] * running + ["compile_error"] * (20 - running)
    mine = [
        correctness(f"Math_{n}", status, "basic", submission="deepseek-r1", stage="runs" if n < running else "loads")
        for n, status in enumerate(statuses)
    ]
    line = next(line for line in page(*mine).splitlines() if line.startswith("| TritonBench-T: 38.6 %"))
    assert f"{running} of 20, " in line
    assert f"| {verdict} |" in line


@pytest.mark.parametrize(
    ("count", "of", "text"),
    [(0, 0, "0 of 0"), (0, 30, "0 of 30, 0 % (0 to 11)"), (30, 30, "30 of 30, 100 % (89 to 100)")],
)
def test_shares(count: int, of: int, text: str) -> None:
    assert counted_share(count, of) == text


def test_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "r.jsonl"
    file.write_text(correctness("relu", category="Activation").to_json() + "\n")
    assert main.main(["findings", str(file), "--about", "From elsewhere."]) == 0
    text = capsys.readouterr().out
    assert "\nFrom elsewhere.\n" in text
    assert "Made by `pytest-kernelbench findings r.jsonl`." in text
    assert row(text, "mine", "How far kernels get")[4].startswith("1 of 1")
    verdict = tmp_path / "published.jsonl"
    verdict.write_text('{"code": "pass", "exe_ok": true}\n{"code": "no verdict", "exe_ok": null}\n')
    assert main.main(["findings", str(file), str(file), "--published", str(verdict)]) == 0
    text = capsys.readouterr().out
    assert "Made by `pytest-kernelbench findings r.jsonl r.jsonl --published published.jsonl`." in text
    verdict.write_text('{"code": "no verdict"}\n')
    assert main.main(["findings", str(file), "--published", str(verdict)]) == 1
    assert "no row with `code`" in capsys.readouterr().err
    file.write_text("")
    assert main.main(["findings", str(file)]) == 1
