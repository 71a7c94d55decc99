"""Judges folders of kernels whose verdict is known, each in a pytest session of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
MARK = "PYTHONKERNELBENCHSESSION"
"""Variable that every process of a session starts with, whatever becomes of its parents; Python knows no such."""


@dataclass
class Session:
    """A pytest session that judges a list of kernel files, in their order."""

    kernels: Sequence[Path]
    folder: Path
    mark: str
    process: subprocess.Popen[str]

    def finish(self) -> None:
        """Wait for the end and keep what came of it."""
        self.output, _ = self.process.communicate(timeout=120 + 30 * len(self.kernels))
        results = self.folder / "results.jsonl"
        lines = results.read_text().splitlines() if results.exists() else []
        self.records = {record["variant"]: record for record in map(json.loads, lines)}

    def record(self, index: int) -> dict[str, Any]:
        """Return the record of the kernel at a place in the list."""
        name = _variant(index)
        assert name in self.records, f"no record of {self.kernels[index].stem}\n{self.output[-4000:]}"
        return self.records[name]

    def by_name(self) -> dict[str, dict[str, Any]]:
        """Return all records by the name of the kernel's file."""
        return {path.stem: self.record(index) for index, path in enumerate(self.kernels)}

    def processes(self) -> list[str]:
        """Return the command lines of processes that the session has left behind."""
        left = []
        for environment in Path("/proc").glob("[0-9]*/environ"):
            try:
                if self.mark.encode() in environment.read_bytes():
                    left.append(environment.with_name("cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:
                continue
        return left


def _variant(index: int) -> str:
    return f"sample_{index:03d}"


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Session]:
    """Return a function that starts a session on kernel files; their names end in `__` and the task."""

    def begin(kernels: Sequence[Path], *options: str, language: str = "triton") -> Session:
        folder = tmp_path_factory.mktemp("session")
        (folder / "kernels").mkdir()
        (folder / "kernels" / "submission.toml").write_text(f'language = "{language}"')
        for index, path in enumerate(kernels):
            variant = folder / "kernels" / _variant(index)
            variant.mkdir(parents=True)
            shutil.copy(path, variant / f"{path.stem.partition('__')[2]}.py")
        (folder / "tmp").mkdir()
        mark = uuid.uuid4().hex
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly"]
        command += ["--kb-device=interpreter"]
        command += ["--kb-submission=kernels", "--kb-results=results.jsonl", "--kb-examples=0"]
        # Verdicts of the interpreter alone, unless a test asks for the compiler: that takes a fifth more time.
        command += ["--kb-target=none", *options]
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**environment, MARK: mark, "TMPDIR": str(folder / "tmp"), "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
        )
        return Session(kernels, folder, mark, process)

    return begin


@pytest.fixture(scope="session")
def judge(start: Callable[..., Session]) -> Callable[..., Session]:
    """Return a function that runs a whole session on kernel files."""

    def run(kernels: Sequence[Path], *options: str, language: str = "triton") -> Session:
        session = start(kernels, *options, language=language)
        session.finish()
        return session

    return run
