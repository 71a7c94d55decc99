"""Annotations for GitHub Actions: escaped, one a kernel, few, and never a kernel's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.model.record import Failure, Record
from pytest_kernelbench.model.submission import kernel_of
from pytest_kernelbench.plugin.annotations import MAX_ANNOTATIONS, Annotations, annotation
from tests.support.records import correctness

FILE = Path("/home/runner/checkout/submissions/mine/relu.py")


def failed(task: str = "Math_0", message: str = "bad", **fields: str) -> Record:
    return correctness(task, "wrong_values", "sizes", failure=Failure("sizes", message, "Case(x=1)"), **fields)


def test_an_annotation() -> None:
    record = failed(message="got 50 %,\nwanted: 1", selection="--kb-submission=mine")
    assert annotation(record, "a,b:c%.py", 7) == (
        "::error file=a%2Cb%3Ac%25.py,line=7,title=Math_0%3A wrong_values in sizes::"
        'got 50 %25,%0Awanted: 1%0Apytest --kb-submission=mine --kb-facets=sizes --kb-case="Case(x=1)"'
    )


@pytest.mark.parametrize("text", ["x\n::error::y", "x\r\n##[error]y", "\x1b[2K\u2028::add-mask::passed", "y" * 100_000])
def test_a_kernel_can_write_no_command(text: str) -> None:
    line = annotation(failed(message=text, task=text), "x.py", 1)
    assert len(line.splitlines()) == 1
    assert line.startswith("::error file=x.py,line=1,title=")
    assert len(line) < 110_000 if len(text) > 1000 else len(line) < 1000


def test_one_annotation_a_kernel_and_at_most_as_many_as_are_shown() -> None:
    kept = Annotations(Path("/home/runner/checkout"))
    for number in range(MAX_ANNOTATIONS + 3):
        kept.add(failed(f"Math_{number}"), FILE, 4)
        kept.add(failed(f"Math_{number}", "again"), FILE, 4)
    for status in ("passed", "unsupported", "missing"):
        kept.add(correctness("Loss_0", status), FILE, None)
    first, *lines, rest = kept.lines()
    assert kept.stop() == f"::stop-commands::{first.strip(':')}"
    assert len(first) > 32
    assert len(lines) == MAX_ANNOTATIONS
    assert lines[0].startswith(
        "::error file=submissions/mine/relu.py,line=5,title=Math_0%3A wrong_values in sizes::bad"
    )
    assert rest == "::notice title=kernelbench::3 more kernels failed"


def test_a_rejection_has_no_failure_and_says_its_label() -> None:
    record = correctness("Math_0", "rejected", label="decoy")
    assert annotation(record, "x.py", 1).endswith("title=Math_0%3A rejected::labelled decoy")


@pytest.mark.parametrize(
    ("text", "line"),
    [("import torch\n\ndef helper(x): ...\ndef relu(input):\n    ...", 4), ("@jit\ndef  kernel_function (x): ...", 2),
     ("def relu_helper(x): ...", 1), ("", 1)],
)  # fmt: skip
def test_the_line_is_that_of_the_entry_point(tmp_path: Path, text: str, line: int) -> None:
    (tmp_path / "tasks" / "activation").mkdir(parents=True)
    (tmp_path / "tasks" / "activation" / "relu.py").touch()
    path = tmp_path / "relu.py"
    path.write_text(text)
    kernel = kernel_of(path, tmp_path, Catalogue.find([tmp_path / "tasks"]))
    assert kernel.first_line == line
    path.unlink()
    assert kernel.first_line == 1
