"""What evaluations of one process share: tasks, an oracle that remembers, and fork servers that stay warm."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pytest_kernelbench.model.alone import ALONE
from pytest_kernelbench.model.code import code_of, digest_of
from pytest_kernelbench.model.errors import KernelBenchError, choices
from pytest_kernelbench.model.record import CompileRecord, Record
from pytest_kernelbench.model.source import Source
from pytest_kernelbench.model.submission import LANGUAGES, Kernel, Metadata
from pytest_kernelbench.runner.child import SandboxError
from pytest_kernelbench.session import Bench
from pytest_kernelbench.settings import OPTIONS, Settings
from pytest_kernelbench.shelf import Shelf

NAME = "evaluate"
"""The submission in the records of evaluations."""


def judged(
    code: str, task: str, options: Mapping[str, str | None], language: str
) -> tuple[Record, tuple[CompileRecord, ...]]:
    """Return the record of a kernel's correctness and one for each target; raises `KernelBenchError` for bad input."""
    if language not in LANGUAGES:
        raise KernelBenchError(f"language={language!r}: {choices(language, LANGUAGES)}")
    settings = _checked(options)
    with ALONE:
        bench = copy.copy(_bench(settings.device, settings.tasks, Path.cwd()))
    bench.settings = settings
    file = bench.catalogue.match(task)
    bench.catalogue.load(file.name)
    code = code_of(code)
    shelf = Shelf(Source(NAME, Path(NAME), Path(NAME)), bench, Metadata(language=language))
    kernel = Kernel(file.name, file.category, Path(f"{file.name}.py"), code, None, None, digest_of(code))
    try:
        record, _ = shelf.judge(kernel, None)
    except SandboxError:
        raise
    except Exception as error:
        record = shelf.lost_record(kernel, "correctness", _said(error))
    return record, tuple(_compiled(shelf, kernel, target) for target in settings.targets)


def _compiled(shelf: Shelf, kernel: Kernel, target: Any) -> CompileRecord:
    try:
        return shelf.compile(kernel, target)[0]
    except Exception as error:
        lost = shelf.lost_record(kernel, f"compile[{target.name}]", _said(error))
        assert isinstance(lost, CompileRecord)
        return lost


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


@lru_cache(maxsize=8)
def _bench(device: str, tasks: Path | None, cwd: Path) -> Bench:
    """Return what all evaluations on a device share; each takes a copy with settings of its own."""
    bench = Bench(_checked({"device": device, "tasks": str(tasks) if tasks else None}), cwd, cwd)
    # Copies share what is there before they are made.
    _ = bench.oracle, bench.versions
    return bench


def _checked(options: Mapping[str, str | None]) -> Settings:
    """Check options as those of a command line are, with the same messages."""
    try:
        settings = Settings.from_config(cast(pytest.Config, _Asked(options)))
    except pytest.UsageError as error:
        raise KernelBenchError(str(error).removeprefix("--kb-")) from None
    return replace(settings, submissions=())


class _Asked:
    """Options of a program, in the place of pytest's own configuration."""

    def __init__(self, options: Mapping[str, str | None]) -> None:
        self._options = options
        self._defaults = {name.replace("-", "_"): default or "" for name, _, _, default in OPTIONS}
        self.args: list[str] = []
        self.invocation_params = SimpleNamespace(dir=Path.cwd())
        # Something is judged: a device is looked for.
        self.known_args_namespace = SimpleNamespace(kb_submission=[NAME])

    def getoption(self, name: str, default: Any = None) -> Any:
        """Return what was given, or nothing."""
        return self._options.get(name.removeprefix("--").removeprefix("kb_").replace("-", "_"), default)

    def getini(self, name: str) -> str:
        """Return the default of an option: a program has no ini file."""
        return self._defaults.get(name.removeprefix("kb_"), "")
