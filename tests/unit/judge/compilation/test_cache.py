"""The compile cache: a record is found again by kernel, task, target, language and compiler, and by nothing less."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_kernelbench.judge.compilation.cache import CompileCache
from pytest_kernelbench.model.record import CompileRecord, RecordIdentity
from tests.support.judging import identity_of, kernel_of_text

IDENTITY = identity_of(kernel_of_text(""), kernel_sha256="k", task_sha256="t", versions={"triton": "3", "torch": "2"})


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def cache_of(target: str = "sm_90", language: str = "triton", identity: RecordIdentity = IDENTITY) -> CompileCache:
    return CompileCache(identity, target, language)


def record(status: str = "passed", **fields: Any) -> CompileRecord:
    return IDENTITY.compilation(status=status, stage="all", target="sm_90", **fields)


def test_a_record_is_found_again_and_marked_as_cached() -> None:
    assert cache_of().load() is None
    cache_of().store(record(registers=32, notes=["a"]))
    assert cache_of().load() == record(registers=32, notes=["a"], cached=True)


@pytest.mark.parametrize(
    "other",
    [
        {"target": "sm_80"},
        {"language": "torch"},
        {"identity": replace(IDENTITY, kernel_sha256="other")},
        {"identity": replace(IDENTITY, task_sha256="other")},
        {"identity": replace(IDENTITY, versions={"triton": "4", "torch": "2"})},
        {"identity": replace(IDENTITY, settings={**IDENTITY.settings, "environment": {"MY_LIB": "1"}})},
        {"identity": replace(IDENTITY, versions={**IDENTITY.versions, "fp_fusion": "0"})},
    ],
)
def test_anything_that_decides_the_record_is_part_of_the_key(other: dict[str, Any]) -> None:
    cache_of().store(record())
    assert cache_of(**other).load() is None


def test_what_does_not_decide_the_record_is_not() -> None:
    cache_of().store(record())
    elsewhere = replace(IDENTITY, submission="yours", started="later", versions={**IDENTITY.versions, "pytest": "9"})
    assert cache_of(identity=elsewhere).load() is not None


@pytest.mark.parametrize(
    ("found", "kept"),
    [
        (record("compile_error", reason="language"), True),
        (record("load_error"), True),
        (record("rejected"), True),
        (record("compile_error", reason="signal"), False),
        (record("timeout"), False),
        (record("crash"), False),
        (record("unsupported"), False),
        (record("error"), False),
    ],
    ids=lambda value: f"{value.status} {value.reason}" if isinstance(value, CompileRecord) else str(value),
)
def test_only_what_another_run_would_give_again_is_kept(found: CompileRecord, kept: bool) -> None:
    cache_of().store(found)
    assert (cache_of().load() is not None) is kept


@pytest.mark.parametrize("text", ["", "nonsense", "{}", IDENTITY.correctness(status="passed", stage="all").to_json()])
def test_a_file_that_is_not_such_a_record_is_ignored(text: str) -> None:
    path = cache_of().path
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    assert cache_of().load() is None


def test_a_cache_that_cannot_be_written_is_ignored(folder: Path) -> None:
    cache = cache_of()
    cache.path.parent.parent.mkdir(parents=True, exist_ok=True)
    cache.path.parent.write_text("a file where the folder should be", encoding="utf-8")
    cache.store(record())
    assert cache.load() is None
