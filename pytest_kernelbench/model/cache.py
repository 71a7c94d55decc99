"""The user's cache folder."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path


def folder(kind: str) -> Path:
    """Return the folder for one kind of cached file, under `XDG_CACHE_HOME` or `~/.cache`; it need not exist."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "pytest-kernelbench" / kind


def keep(path: Path, data: bytes) -> None:
    """Write a cached file atomically, so that readers see all of it or the one before; errors are ignored."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as stream:
            stream.write(data)
        os.replace(stream.name, path)
