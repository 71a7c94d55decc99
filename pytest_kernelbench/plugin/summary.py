"""The terminal summary: how far the kernels of each category got, and the failures by kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pytest_kernelbench.model.catalogue import CATEGORIES
from pytest_kernelbench.model.printing import visible
from pytest_kernelbench.model.record import PUBLISHED_ONLY, RIGHT, Record
from pytest_kernelbench.model.task import ALL_FACETS, FACETS
from pytest_kernelbench.report.compiled import lines as compiled_lines
from pytest_kernelbench.report.results import name_of
from pytest_kernelbench.report.speed import lines as speed_lines

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

COLUMNS = ("kernels", "tasks", "loads", "runs")
"""Kernels submitted, tasks covered, and numbers of kernels that load and run; each facet and all of them follow."""

MAX_OBSERVED = 10
"""Number of passed kernels whose observations are shown; records have all of them."""


def summarise(terminal: TerminalReporter, records: Sequence[Record], totals: Mapping[str, int] = CATEGORIES) -> None:
    """Print a table for each submission, then its failures by kind; `totals` are the numbers of tasks by category."""
    for title, mine in _parts(records):
        judged = [record for record in mine if record.kind == "correctness"]
        terminal.section(visible(f"kernelbench: {title}"), "=")
        found = [*failures(judged), *observed(judged), *compiled_lines(mine), *speed_lines(mine)]
        for line in [*(table(judged, totals) if judged else ()), *found]:
            terminal.line(visible(line))


def _parts(records: Sequence[Record]) -> list[tuple[str, list[Record]]]:
    """Return the records by submission, and by device where a submission was judged on several."""
    parts: dict[str, list[Record]] = {}
    places = {(record.submission, record.device.get("kind")) for record in records if record.kind != "compile"}
    for record in records:
        several = len([place for name, place in places if name == record.submission]) > 1
        where = f" on {record.device.get('kind')}" if several and record.kind != "compile" else ""
        parts.setdefault(f"{record.submission}{where}", []).append(record)
    return sorted(parts.items())


def table(records: Sequence[Record], totals: Mapping[str, int] = CATEGORIES) -> list[str]:
    """Return the lines of the table: a row for each category, and their sum."""
    asked = [facet for facet in ALL_FACETS if facet in FACETS or any(facet in record.facets for record in records)]
    rows = [["category", *COLUMNS, *asked, "all"]]
    for category, total in totals.items():
        some = [record for record in records if record.category == category]
        if some:
            rows.append([category, *_counts(some, total, asked)])
    if others := [record for record in records if record.category not in totals]:
        rows.append(
            [others[0].category, *_counts(others, len({(each.submission, each.task) for each in others}), asked)]
        )
    if len(rows) > 2:
        rows.append(["all", *_counts(records, sum(totals.values()), asked)])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [f"{row[0]:<{widths[0]}}" + "".join(f"  {cell:>{w}}" for cell, w in zip(row[1:], widths[1:], strict=True))
            for row in rows]  # fmt: skip


def _counts(records: Sequence[Record], total: int, facets: Sequence[str]) -> list[str]:
    there = [record for record in records if record.status != "missing"]
    tasks = len({record.task for record in there})
    loads = sum(record.stage != "absent" for record in there)
    runs = sum(record.stage not in ("absent", "loads") for record in there)
    passed = [_passed(there, facet) for facet in facets]
    everything = sum(record.status == "passed" for record in there)
    return [str(len(there)), f"{tasks}/{total}", *map(str, (loads, runs, *passed, everything))]


def _passed(records: Sequence[Record], facet: str) -> str:
    """Return the number of kernels that pass a facet; a dash where it was not asked for."""
    asked = any(facet in (*record.settings.get("facets", FACETS), *record.facets) for record in records)
    return str(sum(record.facets.get(facet) in RIGHT for record in records)) if asked or not records else "-"


def failures(records: Sequence[Record]) -> list[str]:
    """Return lines that group the kernels that did not pass by status and facet."""
    kinds: Counter[tuple[str, str]] = Counter()
    names: dict[tuple[str, str], list[str]] = {}
    for record in records:
        if record.status == "passed":
            continue
        where = record.failure.facet if record.failure else "" if record.status in RIGHT else record.label
        if record.label == PUBLISHED_ONLY:
            where = "right on the published sizes only"
        kind = (record.status, where or "")
        kinds[kind] += 1
        names.setdefault(kind, []).append(name_of(record))
    lines = []
    for kind, count in kinds.most_common():
        status, where = kind
        lines.append(f"{count} {status}{f' ({where})' if where else ''}: {', '.join(sorted(names[kind]))}")
    return lines


def observed(records: Sequence[Record]) -> list[str]:
    """Return a line for each kernel that passed with observations."""
    lines = [
        f"{name_of(record)}: {'; '.join(record.observations)}"
        for record in records
        if record.status == "passed" and record.observations
    ]
    rest = len(lines) - MAX_OBSERVED
    return [*lines[:MAX_OBSERVED], *([f"and {rest} more kernels with observations"] if rest > 0 else [])]
