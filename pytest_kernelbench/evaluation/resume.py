"""`--kb-resume`: records of an earlier session that make judging a kernel again unnecessary."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from pytest_kernelbench.model.record import SCALED, CompileRecord, Record, SpeedRecord

INDIFFERENT = ("pytest",)
"""Recorded versions on which no verdict depends."""


@dataclass(frozen=True)
class KnownRecords:
    """The records of a results file, by `question`: kernel, task, kind, device, versions and settings."""

    lines: dict[str, str] = field(default_factory=dict)
    """The line of the newest record for each question."""
    records: int = 0
    """Number of records in the file."""
    others: int = 0
    """Number of lines that cannot be read as records; they stay in the file."""

    @classmethod
    def read(cls, path: Path) -> KnownRecords:
        """Read a results file; a missing file has no records, and an incomplete last line is ignored."""
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
        """Return the known record that has the identity of `asked`, whatever the verdict; None if there is none.

        A record with status `timeout` is returned only if the time limit is no longer now.
        """
        line = self.lines.get(question(asked))
        if line is None:
            return None
        record = Record.from_json(line)
        late = record.status == "timeout" and record.settings["timeout"] < asked.settings["timeout"]
        return None if late else record


def question(record: Record) -> str:
    """Return everything that a verdict depends on: kernel, task, kind, device, versions and settings, as JSON.

    The time limit is left out, since it matters only where it was reached.
    """
    versions = {name: text for name, text in record.versions.items() if name not in INDIFFERENT}
    settings = {name: value for name, value in record.settings.items() if name != "timeout"}
    who = (record.submission, record.variant, record.task, record.kernel_sha256, record.task_sha256)
    # A missing kernel differs from an empty one only by its status.
    what = (record.kind, _part(record), record.status == "missing")
    return json.dumps([*who, *what, record.device, versions, settings], sort_keys=True)


def _part(record: Record) -> tuple[str, ...]:
    if isinstance(record, CompileRecord):
        return (record.target,)
    if isinstance(record, SpeedRecord):
        return (record.workload.removesuffix(SCALED), record.baseline)
    return ()


def mend(path: Path) -> Path | None:
    """Move an incomplete last line to a file of its own and return the path of that; None if the last line is complete.

    A process that is killed while it writes leaves such a line, and the next record must not be appended to it.
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
