"""What to type for a path that holds kernels, where pytest was given it without `--kb-submission`."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.source import METADATA, holds_kernels

MAX_ENTRIES = 4000
"""Entries of a folder that are looked at."""


def advice(arguments: Sequence[str], here: Path) -> Iterator[str]:
    """Yield a line for each argument of pytest that is a kernel, or a folder of kernels."""
    catalogue = Catalogue.find()
    for argument in arguments:
        path = here / argument.partition("::")[0]
        if found := _kernels(path, catalogue):
            what = f"{path.name} is a kernel" if path.is_file() else f"{path.name} has kernels, such as {found}"
            given = argument.partition("::")[0]
            yield f"kernelbench: {what}: to judge, type  pytest --kb-submission={shlex.quote(given)}"


def _kernels(path: Path, catalogue: Catalogue) -> str | None:
    """Return the name of a file that is a kernel; None where there is none."""
    if path.is_file():
        return path.name if _is_kernel(path, catalogue) else None
    if not path.is_dir():
        return None
    if (path / METADATA).is_file():
        return METADATA
    for count, file in enumerate(path.rglob("*")):
        if count > MAX_ENTRIES:
            return None
        if file.is_file() and _is_kernel(file, catalogue):
            return file.name
    return None


def _is_kernel(file: Path, catalogue: Catalogue) -> bool:
    if not holds_kernels(file.name) or file.name.startswith(("test_", "conftest")) or file.stem.endswith("_test"):
        return False
    if file.suffix == ".jsonl":
        return '"predict"' in _beginning(file)
    try:
        catalogue.match(file.stem)
    except KernelBenchError:
        return False
    return any(word in _beginning(file) for word in ("triton", "torch"))


def _beginning(file: Path) -> str:
    with file.open(encoding="utf-8", errors="replace") as stream:
        return stream.read(1 << 16)
