"""A cache of compile records in the user's cache folder: one file per kernel, task, target and compiler."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from pytest_kernelbench.model.cache import folder, keep
from pytest_kernelbench.model.record import CompileRecord, Record, RecordIdentity

SCHEMA = 2
"""Part of the key; increased when the same compiler would give a different record."""

CACHED_STATUSES = ("passed", "compile_error", "load_error", "rejected")
"""Statuses that another run would give again; timeouts, crashes and missing operations depend on the machine."""

VERSIONS = ("triton", "torch", "pytest-kernelbench", "fp_fusion")
"""Versions in `RecordIdentity.versions` that a record depends on."""


class CompileCache:
    """The cache entry of one record; several processes may use it at once."""

    def __init__(self, identity: RecordIdentity, target: str, language: str) -> None:
        files = (identity.kernel_sha256, identity.task_sha256)
        versions = (f"{name}={identity.versions.get(name)}" for name in VERSIONS)
        given = [f"{name}={value}" for name, value in identity.settings.get("environment", {}).items()]
        key = [str(SCHEMA), *files, target, language, *versions, *given]
        self.path = folder("compile") / f"{hashlib.sha256('|'.join(key).encode()).hexdigest()}.json"

    def load(self) -> CompileRecord | None:
        """Return the record, marked as cached; None if there is no valid one."""
        try:
            record = Record.from_json(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return replace(record, cached=True) if isinstance(record, CompileRecord) else None

    def store(self, record: CompileRecord) -> None:
        """Store a record that another run would give again; a cache that cannot be written is ignored."""
        if record.status not in CACHED_STATUSES or record.reason == "signal":
            return
        keep(self.path, record.to_json().encode())
