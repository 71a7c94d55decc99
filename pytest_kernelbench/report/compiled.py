"""Compilation as text: the failure of one kernel, and the lines of the terminal summary for each target."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from pytest_kernelbench.model.record import CompileRecord, Record
from pytest_kernelbench.report.failure import of
from pytest_kernelbench.report.results import name_of
from pytest_kernelbench.report.text import indented


def describe(record: CompileRecord, printed: str, selection: str) -> str:
    """Return the text that pytest shows for a kernel that does not compile.

    `printed` is the end of what the kernel and the compiler wrote to their standard streams, `selection` are the
    arguments of pytest that select the kernel.
    """
    kind = f" ({record.reason})" if record.reason else ""
    facet = f" in {record.failure.facet}" if record.failure else ""
    lines = [f"{record.status}{kind} for {record.target}{facet}: {of(record)}"]
    if record.failure is not None:
        lines.append(indented(record.failure.message))
        if record.failure.case:
            lines.append(f"  {record.failure.case}")
    alone = "" if "::" in selection else " -m compile"
    lines.append(f"  pytest {selection} --kb-target={record.target}{alone}")
    if printed.strip():
        lines.append(f"\nthe kernel and the compiler printed (the last of it):\n{indented(printed.strip())}")
    return "\n".join(lines)


def lines(records: Sequence[Record]) -> Iterator[str]:
    """Yield for each target the number of kernels that compile, their times and spills, then the failures by kind."""
    compiled = [record for record in records if isinstance(record, CompileRecord)]
    for target in dict.fromkeys(record.target for record in compiled):
        yield from _target(target, [record for record in compiled if record.target == target])


def _target(target: str, records: Sequence[CompileRecord]) -> Iterator[str]:
    good = [record for record in records if record.status == "passed"]
    text = f"{target}: {len(good)} of {len(records)} compile"
    if good:
        seconds = [record.compile_seconds for record in good]
        worst = max(good, key=lambda record: record.compile_seconds)
        cached = sum(record.cached for record in records)
        text += f", median {median(seconds):.1f} s, worst {max(seconds):.1f} s ({name_of(worst)})"
        text += f", {cached} cached" if cached else ""
    yield text
    spilling = [f"{name_of(record)} ({record.spills})" for record in good if record.spills]
    if spilling:
        yield f"  {len(spilling)} spill: {', '.join(sorted(spilling))}"
    kinds: dict[str, list[str]] = {}
    for record in records:
        if record.status != "passed":
            dtypes = record.failure is not None and record.failure.facet == "dtypes"
            details = [detail for detail in (record.reason or record.label, "in dtypes" if dtypes else None) if detail]
            kinds.setdefault(record.status + (f" ({', '.join(details)})" if details else ""), []).append(
                name_of(record)
            )
    for kind, names in sorted(kinds.items(), key=lambda pair: -len(pair[1])):
        yield f"  {len(names)} {kind}: {', '.join(sorted(names))}"
