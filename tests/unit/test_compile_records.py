"""Records of compilations: on the wire, in the cache, and as people read them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_kernelbench.judge.compile_cache import CompileCache
from pytest_kernelbench.model.cache import folder
from pytest_kernelbench.model.record import CompileRecord, Failure, Record
from pytest_kernelbench.model.task import FACETS
from pytest_kernelbench.report import compiled
from pytest_kernelbench.session import Bench
from pytest_kernelbench.settings import Settings

VERSIONS = {"triton": "3.9.0", "torch": "2.13.0", "pytest-kernelbench": "0.1.0", "fp_fusion": "1"}


def record(task: str, status: str = "passed", target: str = "sm_80", **fields: Any) -> CompileRecord:
    return CompileRecord(kind="compile", submission="geak", variant=fields.pop("variant", None), task=task,
                         category="Math", status=status, rung="all", target=target, **fields)  # fmt: skip


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
compile_error (language) for sm_80 in dtypes: Math cos
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
                         status="passed", rung="all")  # fmt: skip
    assert "\n".join(compiled.lines([correctness, *RECORDS])) == LINES.strip()
    assert not list(compiled.lines([correctness]))


def test_the_text_of_a_failure() -> None:
    failure = Failure("dtypes", "cos_kernel(x: *fp16)\nat 3:4: no", "Case(x=Tensor((3,), 'float16'))")
    text = compiled.describe(replace(RECORDS[4], failure=failure), "hello\n", "--kb-submission=cos.py")
    assert text == TEXT.strip()
    node = compiled.describe(RECORDS[6], "", "--kb-submission=geak 'geak/tan.py::compile[sm_80]'")
    assert node.splitlines()[-1] == "  pytest --kb-submission=geak 'geak/tan.py::compile[sm_80]' --kb-target=sm_80"


@pytest.fixture(autouse=True)
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return folder("compile")


def cache(kernel: str = "k", **versions: str) -> CompileCache:
    return CompileCache(kernel, "t", "sm_80", "triton", {**VERSIONS, **versions})


def test_the_cache_keeps_what_would_come_out_the_same(cache_folder: Path) -> None:
    assert cache().load() is None
    for index, each in enumerate(RECORDS):
        place = cache(str(index))
        place.store(each)
        kept = each.status in ("passed", "compile_error", "rejected")
        assert place.load() == (replace(each, cached=True) if kept else None)
    cache("signal").store(record("abs", "compile_error", reason="signal"))
    assert cache("signal").load() is None
    assert len(list(cache_folder.iterdir())) == 7
    assert cache("0", triton="3.9.1").load() is None
    assert cache("0", hypothesis="7").load() is not None


def test_a_cache_that_is_damaged_or_cannot_be_written_is_no_mistake(cache_folder: Path) -> None:
    place = cache()
    place.store(RECORDS[0])
    place.path.write_text(place.path.read_text()[:-20])
    assert place.load() is None
    place.store(RECORDS[0])
    assert place.load() is not None
    place.path.unlink()
    cache_folder.rmdir()
    cache_folder.write_text("a file where the folder should be")
    place.store(RECORDS[0])
    assert place.load() is None


def test_a_kernel_whose_judge_is_lost_is_known_by_its_item(tmp_path: Path) -> None:
    path = tmp_path / "relu.py"
    path.write_text("")
    settings = Settings((str(path),), "interpreter", 0, FACETS, 9.0, None, "hide", None, None)
    (shelf,) = Bench(settings, tmp_path, tmp_path).shelves
    (kernel,) = shelf.kernels(path)
    lost = [shelf.lost_record(kernel, item, "gone") for item in ("compile[gfx942]", "correctness")]
    assert [(type(each), each.kind, each.status) for each in lost] == [
        (CompileRecord, "compile", "error"),
        (Record, "correctness", "error"),
    ]
    assert (lost[0].device["kind"], lost[1].device["kind"]) == ("gfx942", "interpreter")
    assert lost[0].failure == Failure("load", "gone")
