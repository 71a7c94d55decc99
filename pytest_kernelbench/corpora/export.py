"""Judged kernels as a data set: a row for each kernel and device, made from records and the kernels' folders."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pytest_kernelbench.corpora.card import card
from pytest_kernelbench.corpora.columns import COLUMNS, arrow_schema
from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.model.code import Undecodable
from pytest_kernelbench.model.record import CompileRecord, Record, SpeedRecord
from pytest_kernelbench.model.submission import Kernel, Metadata, Submission
from pytest_kernelbench.model.task import FACETS
from pytest_kernelbench.report.results import Results, device_of

COPIES_ALLOWED = frozenset(
    ("0bsd", "apache-2.0", "bsd-2-clause", "bsd-3-clause", "cc-by-4.0", "cc0-1.0", "isc", "mit", "unlicense")
)
"""Licences (SPDX, in lower case) under which a kernel's code may be copied into a data set."""

_GOT = re.compile(
    r"(?:\bgot|\bis) (?P<got>.+?), wanted (?P<wanted>.+?)(?: \((?:must be equal|[^()]* units of error[^()]*)\))?$"
)


_PLACE = re.compile(r"(?<![\w./])/(?:[\w.+-]+/)*(?=site-packages/|kb-runner-|python3\.\d+/)")
"""The part of a path in a message that names a folder of the machine where a kernel was judged."""


@dataclass(frozen=True, slots=True)
class Exported:
    """A data set that was written."""

    rows: int
    """Number of its rows."""
    copied: int
    """Number of rows with the kernel's code."""
    parquet: bool
    """Whether there is parquet beside the JSON lines."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a kernel comes from."""

    kernel: Kernel
    metadata: Metadata
    root: Path
    """Folder of its submission."""


def export(
    results: Results, into: Path, folders: Sequence[Path], catalogue: Catalogue, licence: str | None = None
) -> Exported:
    """Write JSON lines, parquet where pyarrow is installed, and the card `README.md` into a folder.

    `folders` are submissions in which the kernels are looked up by digest: what their `submission.toml` says is part of
    the rows, and their code is copied where its `licence` allows that. `licence` is that of the verdicts. Raises
    `KernelBenchError` for a submission that cannot be read.
    """
    origins = _origins(folders, catalogue)
    rows = list(rows_of(results, origins))
    data = into / "data"
    data.mkdir(parents=True, exist_ok=True)
    with (data / "kernels.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, allow_nan=False) + "\n" for row in rows)
    parquet = _write_parquet(rows, data / "kernels.parquet")
    (into / "README.md").write_text(card(results, rows, licence, parquet=parquet), encoding="utf-8")
    return Exported(len(rows), sum(row["code"] is not None for row in rows), parquet)


def rows_of(results: Results, origins: dict[tuple[str, str], Origin]) -> Iterator[dict[str, Any]]:
    """Yield a row for each kernel and device; one that was only compiled or timed has no verdict and no row."""
    compiled: dict[tuple[str, str | None, str], list[CompileRecord]] = {}
    timed: dict[tuple[str, str | None, str], list[SpeedRecord]] = {}
    for record in results.records:
        key = (record.submission, record.variant, record.task)
        if isinstance(record, CompileRecord):
            compiled.setdefault(key, []).append(record)
        elif isinstance(record, SpeedRecord):
            timed.setdefault(key, []).append(record)
    judged = [each for each in results.records if each.kind == "correctness" and each.status != "missing"]
    for record in sorted(judged, key=lambda each: (each.submission, each.variant or "", each.task, device_of(each))):
        key = (record.submission, record.variant, record.task)
        yield _row(record, compiled.get(key, ()), timed.get(key, ()), origins.get((record.task, record.kernel_sha256)))


def _row(
    record: Record, compiled: Iterable[CompileRecord], timed: Iterable[SpeedRecord], origin: Origin | None
) -> dict[str, Any]:
    failure = record.failure
    message = _PLACE.sub("", failure.message) if failure else None
    got, wanted = got_and_wanted(message) if message else (None, None)
    metadata = origin.metadata if origin else Metadata()
    row: dict[str, Any] = {
        "submission": record.submission, "variant": record.variant, "method": metadata.method,
        "model": metadata.model, "task": record.task, "category": record.category,
        "kernel_sha256": record.kernel_sha256, "repository": metadata.url, "path": _path(origin),
        "licence": metadata.licence, "code": _code(origin), "status": record.status, "stage": record.stage,
        **{f"facet_{name}": record.facets.get(name) for name in FACETS},
        "grade": record.grade, "label": record.label, "kernel_share": record.kernel_share,
        "launches": record.launches, "failed_facet": failure.facet if failure else None,
        "message": message, "minimal_case": failure.case if failure else None,
        "got": got, "wanted": wanted,
        "unrun_lines": [{key: each.get(key) for key in ("first", "last", "under")} for each in record.unrun_lines],
        "observations": "\n".join(record.observations), "compiled": [_compiled(each) for each in compiled],
        "speed": [_speed(each) for each in timed], "cases": record.examples, "seconds": record.seconds,
        "device": device_of(record), "started": _moment(record.started), "versions": _json(record.versions),
        "settings": _json(record.settings), "task_sha256": record.task_sha256,
    }  # fmt: skip
    return {column.name: row[column.name] for column in COLUMNS}


def got_and_wanted(message: str) -> tuple[str | None, str | None]:
    """Return what the kernel gave and what was wanted, from the first line of a failure's message that says both."""
    found = next((match for line in message.splitlines() if (match := _GOT.search(line))), None)
    return (found["got"], found["wanted"]) if found else (None, None)


def _moment(text: str) -> str | None:
    """Return a moment in UTC, or None where there is none.

    It is not written as in ISO 8601: readers of JSON lines take that for a time, and readers of parquet for a text.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return f"{moment.astimezone(UTC) if moment.tzinfo else moment:%Y-%m-%d %H:%M:%S} UTC"


def _compiled(record: CompileRecord) -> dict[str, Any]:
    names = ("target", "status", "reason", "registers", "spills", "stack", "shared_bytes", "warps", "stages")
    return {name: getattr(record, name) for name in names}


def _speed(record: SpeedRecord) -> dict[str, Any]:
    low, high = record.interval or (None, None)
    return {
        "device": device_of(record), "workload": record.workload, "baseline": record.baseline,
        "verdict": record.verdict, "ratio": record.ratio, "low": low, "high": high,
        "seconds": record.device_seconds, "baseline_seconds": record.baseline_seconds,
        "speed_of_light": record.speed_of_light,
    }  # fmt: skip


def _origins(folders: Sequence[Path], catalogue: Catalogue) -> dict[tuple[str, str], Origin]:
    """Return the kernels of some submissions by task and digest."""
    found: dict[tuple[str, str], Origin] = {}
    for folder in folders:
        submission = Submission.load(folder, catalogue)
        for kernel in submission.kernels:
            found[kernel.task, kernel.sha256] = Origin(kernel, submission.metadata, submission.root)
    return found


def _path(origin: Origin | None) -> str | None:
    if origin is None:
        return None
    path = origin.kernel.source_path.relative_to(origin.root).as_posix()
    return path if origin.kernel.line is None else f"{path}:{origin.kernel.line}"


def _code(origin: Origin | None) -> str | None:
    """Return the code of a kernel whose licence allows copies."""
    if origin is None or (origin.metadata.licence or "").lower() not in COPIES_ALLOWED:
        return None
    try:
        return origin.kernel.text()
    except (OSError, Undecodable):
        return None


def _json(values: Any) -> str:
    return json.dumps(values, sort_keys=True)


def _write_parquet(rows: Sequence[dict[str, Any]], file: Path) -> bool:
    """Write parquet and return whether pyarrow is installed; an older file is removed where it is not."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        file.unlink(missing_ok=True)
        return False
    parquet.write_table(pyarrow.Table.from_pylist(list(rows), schema=arrow_schema()), file)
    return True
