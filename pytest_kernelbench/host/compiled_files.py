"""Check what a runner hands over as compiled files: the kernel shares its memory, so nothing of it is trusted."""

from __future__ import annotations

from typing import Any

from pytest_kernelbench.host.answers import InconsistentAnswer
from pytest_kernelbench.wire.compiled_names import MAX_FILES, is_compiled


def compiled_files(header: dict[str, Any], body: bytes) -> dict[str, bytes]:
    """Return the contents of files by name; raises `InconsistentAnswer` for names and sizes that cannot be."""
    names, sizes = header.get("names"), header.get("sizes")
    if not isinstance(names, list) or not isinstance(sizes, list) or not len(names) == len(sizes) <= MAX_FILES:
        raise InconsistentAnswer("the names of compiled files do not belong to their sizes")
    if not all(isinstance(name, str) and is_compiled(name) for name in names) or len({*names}) < len(names):
        raise InconsistentAnswer("a compiled file has a name that Triton does not give")
    if not all(type(size) is int and size >= 0 for size in sizes) or sum(sizes) != len(body):
        raise InconsistentAnswer(f"compiled files do not have the {len(body)} bytes that were sent")
    found, start = dict[str, bytes](), 0
    for name, size in zip(names, sizes, strict=True):
        found[name] = body[start : start + size]
        start += size
    return found
