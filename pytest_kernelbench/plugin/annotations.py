"""Annotations for GitHub Actions: one line per failing kernel, shown beside its code."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

from pytest_kernelbench.model.record import Record
from pytest_kernelbench.report.failure import replay
from pytest_kernelbench.report.text import cut, visible

MAX_ANNOTATIONS = 10
"""Number of errors per step that GitHub shows; it drops further ones."""

HARMLESS = ("passed", "passed_within", "unsupported", "missing")


class Annotations:
    """The failing kernels of a session, printed so that their texts cannot act as workflow commands.

    GitHub's runner obeys any line that begins with `::`, however far it is indented, and a kernel's message may contain
    one. Commands are therefore stopped from the start of the session until the annotations, with a random token.
    Source: GitHub, Workflow commands for GitHub Actions, "Stopping and starting workflow commands".
    """

    def __init__(self, checkout: Path) -> None:
        self._checkout = checkout
        self._token = secrets.token_hex(16)
        self._failed: dict[tuple[str, str | None, str], str] = {}

    def stop(self) -> str:
        """Return the line that stops workflow commands."""
        return f"::stop-commands::{self._token}"

    def add(self, record: Record, file: Path, line: int | None) -> None:
        """Keep the first failing record of each kernel; `line` counts from 0, as in pytest."""
        key = (record.submission, record.variant, record.task)
        if record.status not in HARMLESS and key not in self._failed:
            inside = file.relative_to(self._checkout) if file.is_relative_to(self._checkout) else file
            self._failed[key] = annotation(record, inside.as_posix(), 1 + (line or 0))

    def lines(self) -> Iterator[str]:
        """Yield the line that enables commands again, the annotations, and the number of further failures."""
        yield f"::{self._token}::"
        yield from list(self._failed.values())[:MAX_ANNOTATIONS]
        rest = len(self._failed) - MAX_ANNOTATIONS
        if rest > 0:
            yield f"::notice title=kernelbench::{rest} more kernels failed"


def annotation(record: Record, file: str, line: int) -> str:
    """Return the workflow command that annotates one line of a file with an error."""
    failure = record.failure
    where = f" in {failure.facet}" if failure else ""
    title = f"{record.task}: {record.status}{where}"
    said = [failure.message] if failure else [f"labelled {record.label}"] if record.label else []
    if failure and record.selection:
        said.append(replay(record.selection, failure))
    message = _data(visible(cut("\n".join(said) or record.status)))
    return f"::error file={_property(file)},line={line},title={_property(visible(title))}::{message}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
