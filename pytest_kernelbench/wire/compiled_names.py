"""Which files of Triton's cache are handed from one runner of a kernel to the next one."""

from __future__ import annotations

import re

SUFFIXES = ("json", "source", "ttir", "ttgir", "llir", "ptx", "cubin", "amdgcn", "hsaco")
"""Endings of files that hold code for a GPU, code on the way to it, and descriptions of both."""

MAX_FILES = 4000
"""Files of one response: about nine make a specialisation."""

MAX_BYTES = 48 << 20
"""Bytes of all files of one kernel together."""

_NAME = re.compile(rf"[A-Za-z0-9_-]{{1,128}}/[A-Za-z0-9_][A-Za-z0-9_.-]{{0,150}}\.({'|'.join(SUFFIXES)})")


def is_compiled(name: str) -> bool:
    """Whether `FOLDER/FILE` is the name of such a file."""
    return _NAME.fullmatch(name) is not None
