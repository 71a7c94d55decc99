"""Where results are kept between sessions."""

from __future__ import annotations

import os
from pathlib import Path


def folder(kind: str) -> Path:
    """Return the user's cache folder for one kind of thing; it need not exist."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "pytest-kernelbench" / kind
