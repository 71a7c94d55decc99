"""Compilation as people read it: the lines of each target and the text of a failure, word for word."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from pytest_kernelbench.model.record import CompileRecord, Failure, Record
from pytest_kernelbench.report import compiled


def record(task: str, status: str = "passed", target: str = "sm_80", **fields: Any) -> CompileRecord:
    return CompileRecord(kind="compile", submission="geak", variant=fields.pop("variant", None), task=task,
                         category="Math", status=status, stage="all", target=target, **fields)  # fmt: skip


RECORDS = [
    record("softmax", compile_seconds=2.0, spills=0),
    record("exp", compile_seconds=9.04, spills=48, variant="round_1"),
    record("log", compile_seconds=4.0, cached=True),
    record("abs", "compile_error", reason="out_of_resources", failure=Failure("sizes", "x")),
    record("cos", "compile_error", reason="language", failure=Failure("dtypes", "x")),
    record("sin", "rejected", label="torch_only", failure=Failure("load", "x")),
    record("tan", "timeout", failure=Failure("basic", "x")),
    record("softmax", target="gfx942", compile_seconds=1.0),
]

LINES = """
sm_80: 3 of 7 compile, median 4.0 s, worst 9.0 s (round_1/exp), 1 cached
  1 spill: round_1/exp (48)
  1 compile_error (out_of_resources): abs
  1 compile_error (language, in dtypes): cos
  1 rejected (torch_only): sin
  1 timeout: tan
gfx942: 1 of 1 compile, median 1.0 s, worst 1.0 s (softmax)
"""

TEXT = """
compile_error (language) for sm_80 in dtypes: Math cos of geak
  cos_kernel(x: *fp16)
  at 3:4: no
  Case(x=Tensor((3,), 'float16'))
  pytest --kb-submission=cos.py --kb-target=sm_80 -m compile

the kernel and the compiler printed (the last of it):
  hello
"""


def test_a_record_comes_back_as_it_was() -> None:
    for each in RECORDS:
        assert Record.from_json(each.to_json()) == each
    fields = json.loads(RECORDS[0].to_json())
    assert (fields["kind"], fields["target"], fields["facets"]) == ("compile", "sm_80", {})
    with pytest.raises(ValueError, match="not a record"):
        Record.from_json(json.dumps({**fields, "kind": "correctness"}))


def test_the_lines_of_each_target() -> None:
    correctness = Record(kind="correctness", submission="geak", variant=None, task="exp", category="Math",
                         status="passed", stage="all")  # fmt: skip
    assert "\n".join(compiled.lines([correctness, *RECORDS])) == LINES.strip()
    assert not list(compiled.lines([correctness]))


def test_the_text_of_a_failure() -> None:
    failure = Failure("dtypes", "cos_kernel(x: *fp16)\nat 3:4: no", "Case(x=Tensor((3,), 'float16'))")
    text = compiled.describe(replace(RECORDS[4], failure=failure), "hello\n", "--kb-submission=cos.py")
    assert text == TEXT.strip()
    node = compiled.describe(RECORDS[6], "", "--kb-submission=geak 'geak/tan.py::compile[sm_80]'")
    assert node.splitlines()[-1] == "  pytest --kb-submission=geak 'geak/tan.py::compile[sm_80]' --kb-target=sm_80"
