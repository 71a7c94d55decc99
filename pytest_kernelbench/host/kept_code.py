"""What Triton has compiled for a kernel on a GPU, kept for the runners in which the same kernel is timed.

A file for each kernel lies in the user's cache folder, where no runner can read or write. The judge fills it with what
a runner of the kernel hands over at its end, and hands it to a later runner of the same kernel before that loads it. So
a kernel that plants something there deceives no other kernel. Correctness is always judged with a new compilation.
"""

from __future__ import annotations

import contextlib
import io
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

from pytest_kernelbench.host.client import Runner
from pytest_kernelbench.host.process import RunnerDied
from pytest_kernelbench.model.cache import folder, keep
from pytest_kernelbench.wire.compiled_names import MAX_BYTES

KIND = "compiled"
"""Name of the folder in the user's cache folder."""

TOTAL_BYTES = 1 << 30
"""Bytes of all files of all kernels together; beyond that, those go that were not used for longest."""

TIMEOUT = 10.0
"""Seconds that a runner has to hand over its files: a kernel that does not must not delay the judge."""


class KeptCode:
    """What is kept for one kernel; several processes may use it at once."""

    def __init__(self, key: str, *, gives: bool) -> None:
        """`key` is a digest of all that the code depends on; with `gives`, runners get what is kept."""
        self.path = folder(KIND) / f"{key}.zip"
        self.gives = gives

    def give(self, runner: Runner, timeout: float) -> None:
        """Hand a runner, which has no kernel yet, what is kept; raises `RunnerDied` and `SandboxError`."""
        if self.gives and (files := self._read()):
            runner.place(files, timeout)

    def take(self, runner: Runner) -> None:
        """Keep what a runner has compiled; one that ended, or does not answer, has nothing to keep."""
        if not runner.alive:
            return
        try:
            found = runner.compiled(TIMEOUT)
        except RunnerDied:
            return
        if found:
            self._store(_fitting({**found, **{name: data for name, data in self._read().items() if name not in found}}))

    def _read(self) -> dict[str, bytes]:
        """Return what is kept; nothing where that cannot be read."""
        try:
            with zipfile.ZipFile(self.path) as archive:
                found = {name: archive.read(name) for name in archive.namelist()}
            os.utime(self.path)
        except (OSError, zipfile.BadZipFile):
            return {}
        return found

    def _store(self, files: Mapping[str, bytes]) -> None:
        """Replace what is kept, and remove what is too much for the folder; errors are ignored."""
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        keep(self.path, data.getvalue())
        with contextlib.suppress(OSError):
            _shrink(self.path.parent)


def _fitting(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return as many files as one runner may be given, the first ones first."""
    kept, total = dict[str, bytes](), 0
    for name, data in files.items():
        total += len(data)
        if total <= MAX_BYTES:
            kept[name] = data
    return kept


def _shrink(place: Path) -> None:
    """Remove the files that were not used for longest, until the others are within the limit."""
    found = []
    for path in place.iterdir():
        with contextlib.suppress(FileNotFoundError):
            status = path.stat()
            found.append((status.st_mtime, status.st_size, path))
    total = sum(size for _, size, _ in found)
    for _, size, path in sorted(found, key=lambda each: each[0]):
        if total <= TOTAL_BYTES:
            return
        path.unlink(missing_ok=True)
        total -= size
