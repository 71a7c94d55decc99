"""What earlier sessions compiled: one file a kernel, task, target and compiler, in the user's cache folder."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import replace

from pytest_kernelbench.model.cache import folder
from pytest_kernelbench.model.record import CompileRecord, Record

SCHEMA = 1
"""Raised when the same compiler would give another record."""

LASTING = ("passed", "compile_error", "load_error", "rejected")
"""What would come out the same again; time limits, crashes and missing operations are this machine's and this day's."""

DECISIVE = ("triton", "torch", "pytest-kernelbench", "fp_fusion")
"""Versions that a record depends on."""


class CompileCache:
    """The place of one record; workers of one session and other sessions may use it at once."""

    def __init__(self, kernel: str, task: str, target: str, language: str, versions: Mapping[str, str]) -> None:
        key = [str(SCHEMA), kernel, task, target, language, *(f"{name}={versions.get(name)}" for name in DECISIVE)]
        self.path = folder("compile") / f"{hashlib.sha256('|'.join(key).encode()).hexdigest()}.json"

    def load(self) -> CompileRecord | None:
        """Return the record, marked as cached, if there is a whole one."""
        try:
            record = Record.from_json(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return replace(record, cached=True) if isinstance(record, CompileRecord) else None

    def store(self, record: CompileRecord) -> None:
        """Keep a record that would come out the same again; a cache that cannot be written is no mistake."""
        if record.status not in LASTING or record.reason == "signal":
            return
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=self.path.parent, delete=False, encoding="utf-8") as stream:
                stream.write(record.to_json())
            # Whoever reads it sees all of one record or none, whichever session was the last to write.
            os.replace(stream.name, self.path)
