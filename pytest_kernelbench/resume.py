"""`--kb-resume`: which records of the results file answer for this session, so that no kernel is judged twice."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_kernelbench.model.record import CompileRecord, Record, SpeedRecord
from pytest_kernelbench.settings import Settings

INDIFFERENT = ("pytest",)
"""Versions that a record has and no verdict hangs on."""


@dataclass(frozen=True)
class Known:
    """The records of a results file, by what was asked; it is read and never written."""

    lines: dict[str, str] = field(default_factory=dict)
    """The newest record of each question, as its line."""
    records: int = 0
    others: int = 0
    """Lines that are no records of this schema: they are kept, and answer nothing."""

    @classmethod
    def read(cls, path: Path) -> Known:
        """Read a results file; one that is not there knows nothing, and a line that was cut short is no line."""
        lines: dict[str, str] = {}
        records = others = 0
        if path.exists():
            with path.open(encoding="utf-8", errors="replace") as stream:
                for line in stream:
                    try:
                        record = Record.from_json(line)
                    except (ValueError, RecursionError):
                        others += line.endswith("\n")
                        continue
                    records += 1
                    if record.status != "error":
                        lines[question(record)] = line.rstrip("\n")
        return cls(lines, records, others)

    def answer(self, asked: Record) -> Record | None:
        """Return the record that says what would be found out again, or None.

        `asked` is a record with anything for a verdict. A record of a time limit answers only for one as short.
        """
        line = self.lines.get(question(asked))
        if line is None:
            return None
        record = Record.from_json(line)
        late = record.status == "timeout" and record.settings["timeout"] < asked.settings["timeout"]
        return None if late else record


def question(record: Record) -> str:
    """Return all that a verdict hangs on: who is asked what, by which files, where, under which versions and settings.

    The time limit is left out: it decides only where it is reached.
    """
    versions = {name: text for name, text in record.versions.items() if name not in INDIFFERENT}
    settings = {name: value for name, value in record.settings.items() if name != "timeout"}
    who = (record.submission, record.variant, record.task, record.kernel_sha256, record.task_sha256)
    # Of all that a missing kernel shares with others, the status is what tells it apart.
    what = (record.kind, _part(record), record.status == "missing")
    return json.dumps([*who, *what, record.device, versions, settings], sort_keys=True)


def _part(record: Record) -> tuple[str, ...]:
    if isinstance(record, CompileRecord):
        return (record.target,)
    if isinstance(record, SpeedRecord):
        return (record.workload, record.baseline)
    return ()


def deciding(kind: str, settings: Settings, language: str) -> dict[str, Any]:
    """Return the settings that the records of a kind hang on; `timeout` is in seconds."""
    if kind == "compile":
        return {"language": language, "timeout": settings.compile_timeout, "sandbox": settings.sandbox}
    if kind == "speed":
        how = {"allow": list(settings.allow), "sandbox": settings.sandbox}
        return {"baselines": list(settings.baselines), "language": language, "timeout": settings.timeout, **how}
    return {
        "facets": list(settings.facets),
        "examples": settings.examples,
        "seed": settings.seed,
        "case": repr(settings.case) if settings.case is not None else None,
        "language": language,
        "allow": list(settings.allow),
        "sandbox": settings.sandbox,
        "timeout": settings.timeout,
    }


def mend(path: Path) -> Path | None:
    """Make a results file end with a whole line, and return where the beginning of a line went that was cut short.

    A process that is killed while it writes leaves such a line; the next record must not be written behind it.
    """
    if not path.exists():
        return None
    with path.open("r+b") as stream:
        data = stream.read()
        start = data.rfind(b"\n") + 1
        if start == len(data):
            return None
        try:
            json.loads(data[start:])
        except (ValueError, RecursionError):
            aside = path.with_name(f"{path.name}.cut")
            with aside.open("ab") as rest:
                rest.write(data[start:] + b"\n")
            stream.truncate(start)
            return aside
        stream.write(b"\n")
    return None
