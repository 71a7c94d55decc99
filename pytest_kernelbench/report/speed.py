"""Timing as text: the failure of one kernel, and the table of verdicts in the terminal summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from pytest_kernelbench.model.record import VERDICTS, Record, SpeedRecord
from pytest_kernelbench.report.failure import of
from pytest_kernelbench.report.results import name_of
from pytest_kernelbench.report.text import indented

HEADER = ("task", "workload", "verdict", "ratio", "99 % interval", "kernel", "baseline")
"""Columns of the table; `ratio` is the time of the baseline divided by that of the kernel."""


MAX_REASONS = 20
"""Reasons for workloads that were not timed in the terminal summary."""


def describe(record: SpeedRecord, selection: str) -> str:
    """Return the text that pytest shows for a kernel that was not timed.

    `selection` are the arguments of pytest that select the kernel.
    """
    facet = f" in {record.failure.facet}" if record.failure else ""
    lines = [f"{record.status}{facet}: {of(record)} on {record.workload}"]
    if record.failure is not None:
        lines.append(indented(record.failure.message))
        if record.failure.case:
            lines.append(f"  {record.failure.case}")
    if record.status != "unsupported":
        alone = "" if "::" in selection else " -m speed"
        lines.append(
            f"  pytest {selection} --kb-device={str(record.device.get('kind', 'auto')).partition(':')[0]}{alone}"
        )
    return "\n".join(lines)


def lines(records: Sequence[Record]) -> Iterator[str]:
    """Yield the table of timed kernels, the counts of verdicts, and the kernels that were not timed."""
    speeds = [record for record in records if isinstance(record, SpeedRecord)]
    timed = [record for record in speeds if record.verdict is not None]
    if timed:
        light = any(record.speed_of_light is not None for record in timed)
        rows = [(*HEADER, *(("of speed of light",) if light else ()))]
        rows += [_row(record, light) for record in timed]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        counts = Counter(str(record.verdict) for record in timed)
        found = ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS if counts[verdict])
        yield f"speed: {found} (of {len(timed)} timed)"
    untimed: dict[str, list[str]] = {}
    for record in speeds:
        if record.verdict is None:
            untimed.setdefault(record.status, []).append(f"{name_of(record)}[{record.workload}]")
    for status, names in untimed.items():
        yield f"speed: {len(names)} {status}: {', '.join(sorted(names))}"
    yield from _reasons(speeds)


def _reasons(speeds: Sequence[SpeedRecord]) -> Iterator[str]:
    """Yield a line for each reason why workloads could not be timed, the most frequent ones first."""
    reasons: dict[str, list[str]] = {}
    for record in speeds:
        if record.status == "unsupported" and record.failure is not None:
            reason = record.failure.message.partition("\n")[0]
            reasons.setdefault(reason, []).append(f"{name_of(record)}[{record.workload}]")
    most = sorted(reasons.items(), key=lambda pair: -len(pair[1]))
    for reason, names in most[:MAX_REASONS]:
        yield f"  {', '.join(sorted(names))}: {reason}"
    if len(most) > MAX_REASONS:
        yield f"  and {len(most) - MAX_REASONS} more reasons (-rs)"


def _row(record: SpeedRecord, light: bool) -> tuple[str, ...]:
    interval = f"[{record.interval[0]:.3f}, {record.interval[1]:.3f}]" if record.interval else ""
    ratio = f"{record.ratio:.3f}" if record.ratio is not None else ""
    seconds = (duration(record.device_seconds), duration(record.baseline_seconds))
    share = (f"{record.speed_of_light:.0%}" if record.speed_of_light is not None else "",) if light else ()
    return (name_of(record), record.workload, str(record.verdict), ratio, interval, *seconds, *share)


def duration(seconds: float | None) -> str:
    """Write a time in seconds with three digits and a unit, in ASCII; an unknown time is empty."""
    if seconds is None:
        return ""
    for factor, unit in ((1.0, "s"), (1e-3, "ms")):
        if seconds >= factor:
            return f"{seconds / factor:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} us"
