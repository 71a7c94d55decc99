"""Verdicts that others have published on the same code, beside those of some records."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.record import RIGHT, Record
from pytest_kernelbench.report.metrics import fails
from pytest_kernelbench.report.shares import counted_share

PASSED = "exe_ok"
"""Key of a row that says whether the published tests passed."""


def read(path: Path) -> dict[str, bool]:
    """Return whether published tests passed each kernel, by the digest of its code; raises `KernelBenchError`."""
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise KernelBenchError(f"{path}: not read as JSON lines: {error}") from None
    found = {hashlib.sha256(row["code"].encode()).hexdigest(): row[PASSED] for row in rows if _is_verdict(row)}
    if not found:
        raise KernelBenchError(f"{path}: no row with `code` and a true or false `{PASSED}`")
    return found


def _is_verdict(row: object) -> bool:
    return isinstance(row, Mapping) and isinstance(row.get("code"), str) and isinstance(row.get(PASSED), bool)


def beside(judged: Mapping[str, Sequence[Record]], published: Mapping[str, bool]) -> Iterator[str]:
    """Yield the section; `judged` are the records of each corpus by its label."""
    yield "## Beside published verdicts"
    yield ""
    yield "What published fixed tests said of the same code on a GPU, and what was found here."
    yield ""
    heads = ("passed there", "of these fail here", "rejected", "not known", "failed there", "of these pass here")
    yield f"| kernels of | {' | '.join(heads)} |"
    yield f"| --- |{' --- |' * len(heads)}"
    rows = {label: [each for each in records if each.kernel_sha256 in published] for label, records in judged.items()}
    rows = {label: records for label, records in rows.items() if records}
    if len(rows) > 1:
        rows["all of them"] = [record for records in rows.values() for record in records]
    for label, records in rows.items():
        passed = [record for record in records if published[record.kernel_sha256]]
        failed = [record for record in records if not published[record.kernel_sha256]]
        failing = [record for record in passed if fails(record)]
        rejected = sum(record.status == "rejected" for record in failing)
        unknown = sum(not fails(record) and record.status not in RIGHT for record in passed)
        right = sum(record.status in RIGHT for record in failed)
        cells = (len(passed), counted_share(len(failing), len(passed)), rejected, unknown, len(failed))
        yield f"| {label} | {' | '.join(map(str, cells))} | {counted_share(right, len(failed))} |"
