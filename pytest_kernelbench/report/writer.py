"""Reports as files: the HTML page, written atomically, and the figures as JSON."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from pytest_kernelbench.report.contents import Contents, contents
from pytest_kernelbench.report.results import Results

SCHEMA = 2
"""Version of the figures as JSON."""


def write_page(found: Contents, file: Path) -> None:
    """Write the page atomically: an older page stays until the new one is complete."""
    from pytest_kernelbench.report.html import page

    write_text(file, page(found))


def write_json(found: Contents, file: Path) -> None:
    """Write the figures as JSON, atomically."""
    write_text(file, as_json(found))


def write_report(results: Results, file: Path) -> Path:
    """Write the page at the end of a session and return its path.

    A page that cannot be written to `file`, for instance because the disk is full, goes into a temporary folder.
    """
    found = contents(results)
    try:
        write_page(found, file)
    except OSError:
        file = Path(tempfile.mkdtemp(prefix="kernelbench-"), file.name)
        write_page(found, file)
    return file


def as_json(found: Contents) -> str:
    """Return the figures as JSON, without samples and specialisations, which the results files contain."""
    tasks = [
        replace(task, kernels=[
            replace(
                kernel,
                compiled=[replace(record, kernels=[]) for record in kernel.compiled],
                speed=[replace(record, samples={}) for record in kernel.speed],
            ) for kernel in task.kernels
        ]) for task in found.tasks
    ]  # fmt: skip
    figures = _plain(replace(found, tasks=tasks))
    del figures["speed"]  # they are listed with their tasks
    return json.dumps({"schema": SCHEMA, **figures}, indent=1, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    """Return a value with dataclasses and mappings as dictionaries, and sequences as lists."""
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def write_text(file: Path, text: str) -> None:
    """Write a file atomically, with the folders that it needs."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.is_dir():
        raise IsADirectoryError(f"{file}: is a folder; expected the name of a file")
    if file.exists() and not file.is_file():  # a device or a pipe, such as /dev/stdout
        file.write_text(text, encoding="utf-8")
        return
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, file)
    finally:
        temporary.unlink(missing_ok=True)
