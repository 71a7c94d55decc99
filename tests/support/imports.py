"""Imports of kernels into a folder, for three tasks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from pytest_kernelbench.corpora.importing import Summary, import_files
from pytest_kernelbench.corpora.rows import Columns
from pytest_kernelbench.model.catalogue import Catalogue

CODE = "def kernel(input):\n    return input\n"
OTHER = "def kernel(input):\n    return -input\n"
TASKS = {
    "Fusion/attention": "",
    "Activation/relu": "",
    "Optimizer/Lion": 'raise SystemExit\nTask(entry="lion_step")',
    "Math/fused_exp": 'raise SystemExit\nTask(\n    aliases=("exp_it", "linalg_exp"),\n)',
}

Import = Callable[..., Summary]


def catalogue_in(root: Path) -> Catalogue:
    """Return a catalogue of some tasks, none of which can be loaded."""
    for name, text in TASKS.items():
        path = root / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Catalogue.find([root])


def importer(tmp_path: Path, catalogue: Catalogue) -> Import:
    """Return a function that imports rows, written as JSON lines, or the text or bytes of a file, into `into`."""

    def run(*rows: object, name: str = "rows.jsonl", columns: Columns | None = None, **options: bool) -> Summary:
        data = b"\n".join(row if isinstance(row, bytes) else _line(row) for row in rows)
        (tmp_path / name).write_bytes(data)
        return import_files([tmp_path / name], tmp_path / "into", catalogue, columns=columns, **options)

    return run


def _line(row: object) -> bytes:
    return (row if isinstance(row, str) else json.dumps(row)).encode()


def written(into: Path) -> dict[str, str]:
    """Return the kernels in a folder by their paths."""
    return {path.relative_to(into).as_posix(): path.read_text() for path in into.rglob("*.py")}


def left_out(summary: Summary) -> list[tuple[str, str]]:
    """Return place, without the folder, and reason."""
    return [(each.where.rpartition("/")[2], each.reason) for each in summary.left_out]
