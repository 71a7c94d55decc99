"""A submission's folder, written: the kernels, `submission.toml` and a `.gitignore`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

from pytest_kernelbench.model.catalogue import TaskFile
from pytest_kernelbench.model.source import METADATA
from pytest_kernelbench.model.submission import LANGUAGES, Metadata


def write(
    into: Path, kernels: Mapping[tuple[str | None, TaskFile], str], metadata: Mapping[str, str], tracked: bool
) -> None:
    """Write kernels, given by variant and task, into a submission's folder; an existing `submission.toml` is kept."""
    for (variant, task), code in kernels.items():
        folder = into / (variant or "") / task.category
        folder.mkdir(parents=True, exist_ok=True)
        # Half of a surrogate pair is no character, and cannot be written.
        (folder / f"{task.name}.py").write_bytes(code.encode(errors="replace"))
    toml = into / METADATA
    if not toml.exists():
        legal = ", ".join(each.name for each in fields(Metadata))
        keys = {"method": into.resolve().name, **metadata, "language": LANGUAGES[0]}
        given = "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in keys.items())
        toml.write_text(f"# Keys: {legal}.\n{given}", encoding="utf-8")
    if not tracked:
        # Published kernels have their own licence, or none: keep them from being committed by accident.
        (into / ".gitignore").write_text("*\n", encoding="utf-8")
