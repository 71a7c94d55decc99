"""`pytest-kernelbench report` and `--kb-report`: results files in, a page, JSON or Markdown out."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.report.contents import Contents, contents
from pytest_kernelbench.report.markdown import markdown
from pytest_kernelbench.report.results import Results, load
from pytest_kernelbench.report.text import visible

SCHEMA = 1
"""Version of the figures as JSON."""


def run(paths: Sequence[Path], catalogue: Catalogue, *, html: Path | None, figures: Path | None, comment: bool) -> int:
    """Report over results files; without a file to write, print the comment.

    Raises `KernelBenchError` where there are no records.
    """
    results = load(paths, catalogue)
    if not results.records:
        raise KernelBenchError("; ".join(map(visible, results.notes)) or "no records")
    found = contents(results)
    sys.stderr.writelines(f"pytest-kernelbench: note: {visible(note)}\n" for note in found.notes)
    if html is not None:
        write_page(found, html)
    if figures is not None:
        _write(figures, as_json(found))
    if comment or (html is None and figures is None):
        sys.stdout.write(markdown(found))
    return 0


def write_page(found: Contents, file: Path) -> None:
    """Write the page whole or not at all; a page that was there stays until then."""
    from pytest_kernelbench.report.html import page

    _write(file, page(found))


def write_report(results: Results, file: Path) -> Path:
    """Write the page at the end of a session and return where: in a temporary folder if it cannot be where it should.

    What a night of judging has shown is not lost to a disk that is full by then.
    """
    found = contents(results)
    try:
        write_page(found, file)
    except OSError:
        file = Path(tempfile.mkdtemp(prefix="kernelbench-"), file.name)
        write_page(found, file)
    return file


def as_json(found: Contents) -> str:
    """Return the figures as JSON. Samples and specialisations are left out: the results files have them."""
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
    del figures["speed"]  # each of them stands with its task
    return json.dumps({"schema": SCHEMA, **figures}, indent=1, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    """Return dataclasses and mappings of any kind as dictionaries, and sequences as lists."""
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.is_dir():
        raise IsADirectoryError(f"{file}: is a folder; wanted the name of a file")
    if file.exists() and not file.is_file():  # a device or a pipe, such as /dev/stdout
        file.write_text(text, encoding="utf-8")
        return
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, file)
    finally:
        temporary.unlink(missing_ok=True)
