"""Results: the newest record of each kernel from any number of files, and notes for the reader of a report."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.model.record import STATUSES, VERDICTS, CompileRecord, Record, SpeedRecord, check
from pytest_kernelbench.model.task import FACETS
from pytest_kernelbench.report.text import counted

MAX_NAMES = 8
"""Number of names that one note lists."""

HARMLESS = ("error", "unsupported", "passed_within", "passed")
"""Statuses of a kernel or a facet that found no fault, from the least to the most informative."""


class Variant(NamedTuple):
    """A submission as a whole, or one of its rounds or samples."""

    submission: str
    name: str | None = None

    @property
    def label(self) -> str:
        """The submission and the variant: `geak`, or `geak/round_1`."""
        return f"{self.submission}/{self.name}" if self.name else self.submission


@dataclass(frozen=True)
class Results:
    """The contents of some results files."""

    records: tuple[Record, ...]
    """The newest record of each key (`key_of`)."""
    tasks: Mapping[str, str]
    """Category of every task, judged or not; rates are shares of all of them."""
    notes: tuple[str, ...] = field(default=())
    """Records that were left out or superseded, and differences between the records; one sentence each."""

    @property
    def variants(self) -> tuple[Variant, ...]:
        """Every variant of every submission, sorted by name, with numbers in names sorted by value."""
        return tuple(sorted({Variant(each.submission, each.variant) for each in self.records}, key=_natural))

    @property
    def submissions(self) -> tuple[str, ...]:
        """The submissions, sorted by name."""
        return tuple(dict.fromkeys(variant.submission for variant in self.variants))

    def devices(self, variant: Variant | None = None, kind: str = "correctness") -> tuple[str, ...]:
        """Return the devices, or targets, with records of one kind, of one variant or of all."""
        some = (record for record in self.records if record.kind == kind and variant in (None, _variant(record)))
        return tuple(sorted({device_of(record) for record in some}))

    def correctness(self, variant: Variant, device: str | None = None) -> dict[str, Record]:
        """Return the verdict on each task for which the variant has a kernel.

        If no device is given and a kernel was judged on several, a verdict that found a fault takes precedence, then
        `passed`, then `unsupported`, then `error`.
        """
        found: dict[str, Record] = {}
        for record in self.records:
            if record.kind != "correctness" or record.status == "missing" or _variant(record) != variant:
                continue
            other = found.get(record.task)
            if device in (None, device_of(record)) and (other is None or _weight(record) > _weight(other)):
                found[record.task] = record
        return found

    def speed(self, variant: Variant, device: str, baseline: str = "eager") -> dict[str, list[SpeedRecord]]:
        """Return the speed records of each task on one device against one baseline, one for each workload."""
        found: dict[str, list[SpeedRecord]] = {}
        for record in self.records:
            if isinstance(record, SpeedRecord) and (_variant(record), device_of(record)) == (variant, device):
                against = _against(record, baseline)
                if against is not None:
                    found.setdefault(record.task, []).append(against)
        return found

    def compiled(self, variant: Variant, target: str) -> dict[str, CompileRecord]:
        """Return the compile record of each task for one target."""
        mine = (record for record in self.records if isinstance(record, CompileRecord))
        return {each.task: each for each in mine if each.target == target and _variant(each) == variant}


def load(paths: Iterable[Path], catalogue: Catalogue | None = None) -> Results:
    """Read results files, and the `*.jsonl` files of folders; a file or line that cannot be read becomes a note.

    A record is superseded by a later one of the same kind, kernel, device, workload and baseline: by `started`, and
    among equal times by the order of reading. The current code of a kernel is that of its newest record of any kind;
    records of earlier code are left out, so that no speedup is reported for code that has changed since.
    """
    notes: list[str] = []
    newest: dict[tuple[str | None, ...], Record] = {}
    latest: dict[tuple[str, str | None, str], Record] = {}
    superseded = 0
    for path in _files(paths, notes):
        for record in _read(path, notes):
            before = newest.get(key_of(record))
            superseded += before is not None
            if before is None or _started(before) <= _started(record):
                newest[key_of(record)] = record
            kernel = (record.submission, record.variant, record.task)
            if record.kernel_sha256 and _started(latest.get(kernel, record)) <= _started(record):
                latest[kernel] = record
    if superseded:
        notes.append(f"{counted(superseded, 'record')} superseded by newer ones of the same key")
    digests = {kernel: record.kernel_sha256 for kernel, record in latest.items()}
    current = [each for each in newest.values()
               if each.kernel_sha256 in ("", digests.get((each.submission, each.variant, each.task)))]  # fmt: skip
    if len(current) < len(newest):
        notes.append(f"{counted(len(newest) - len(current), 'record')} left out: made with earlier code of the kernel")
    records = tuple(current)
    listed = (catalogue or Catalogue.find()).names().values()
    tasks = {file.name: file.category for file in listed}
    own = {record.task: record.category for record in records if record.task not in tasks}
    if own:
        notes.append(f"{counted(len(own), 'task')} in addition to the {len(tasks)} of the catalogue: {_some(own)}")
    return Results(records, {**tasks, **own}, (*notes, *_differences(records)))


def device_of(record: Record) -> str:
    """Return the device of a record: `interpreter`, `cpu`, `cuda:<model>`, or the target of a compilation."""
    if isinstance(record, CompileRecord):
        return record.target
    kind, model = record.device.get("kind", "unknown"), record.device.get("model")
    return f"{kind}:{model}" if model else str(kind)


def name_of(record: Record) -> str:
    """Return the task of a record, with the variant where there is one: `relu`, or `round_1/relu`."""
    return f"{record.variant}/{record.task}" if record.variant else record.task


def key_of(record: Record) -> tuple[str | None, ...]:
    """Return the key of a record; a newer record supersedes an older one of the same key."""
    what = (record.kind, record.submission, record.variant, record.task, device_of(record))
    return (*what, record.workload, record.baseline) if isinstance(record, SpeedRecord) else what


def _files(paths: Iterable[Path], notes: list[str]) -> Iterator[Path]:
    """Yield each file once, and of each folder its `*.jsonl` files."""
    seen: set[Path] = set()
    for path in paths:
        found = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
        if not found:
            notes.append(f"{path}: no *.jsonl in this folder")
        for file in found:
            if file.resolve() not in seen:
                seen.add(file.resolve())
                yield file


def _read(path: Path, notes: list[str]) -> list[Record]:
    """Return the records of one file; add a note for each kind of invalid line."""
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        notes.append(f"{path}: not read: {error.strerror or error}")
        return []
    records = []
    faults: dict[str, list[int]] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            records.append(_record(line.decode()))
        except (ValueError, RecursionError) as error:
            fault = _reason(error)
            if number == len(lines) and fault in (_NO_JSON, _NO_TEXT):  # it was written without its line end
                fault = "the last line is cut off"
            faults.setdefault(fault, []).append(number)
    for fault, numbers in faults.items():
        where = f"line {numbers[0]}" if len(numbers) == 1 else f"{len(numbers)} lines, the first is {numbers[0]}"
        notes.append(f"{path}: {where}: {fault}")
    if not records and not faults:
        notes.append(f"{path}: no records")
    return records


def _record(line: str) -> Record:
    """Return the record of a line; raises `ValueError` for anything else, or for values that no report could use."""
    record = Record.from_json(line)
    check(record)
    if record.failure is not None:
        check(record.failure)
    if record.status not in STATUSES:
        raise ValueError(f"not a record: unknown status {record.status!r}")
    if isinstance(record, SpeedRecord) and not _is_consistent(record):
        raise ValueError("not a record: ratio and interval are not positive numbers, low before high")
    return record


def _is_consistent(record: SpeedRecord) -> bool:
    """Whether each baseline of a record has a valid ratio with interval and verdict, or no ratio at all."""
    others = [(other.get("ratio"), other.get("interval"), other.get("verdict")) for other in record.others.values()]
    return all(_is_ratio(*figures) for figures in [(record.ratio, record.interval, record.verdict), *others])


def _is_ratio(ratio: object, interval: object, verdict: object) -> bool:
    if ratio is None or interval is None:
        return ratio is None and interval is None
    numbers = [ratio, *interval] if isinstance(interval, Sequence) else []
    if len(numbers) != 3 or not all(isinstance(each, int | float) and 0 < each < math.inf for each in numbers):
        return False
    return numbers[1] <= numbers[2] and verdict in VERDICTS


def _against(record: SpeedRecord, baseline: str) -> SpeedRecord | None:
    """Return the record as one against another baseline that was timed with it; None without such a baseline."""
    if record.baseline == baseline:
        return record
    other = record.others.get(baseline)
    if other is None:
        return None
    return replace(
        record, baseline=baseline, verdict=other.get("verdict"), ratio=other.get("ratio"),
        interval=other.get("interval"), baseline_seconds=other.get("seconds"), baseline_call_seconds=None,
    )  # fmt: skip


_NO_JSON, _NO_TEXT = "not JSON", "not UTF-8"


def _reason(error: Exception) -> str:
    """Return what is wrong with a line, in the same words for the same fault, so that lines can be grouped by it."""
    known = str(error).startswith("not a record")
    return str(error) if known else _NO_TEXT if isinstance(error, UnicodeDecodeError) else _NO_JSON


def _differences(records: Sequence[Record]) -> Iterator[str]:
    """Yield a note for each difference between the records that a reader would not expect."""
    judged = [record for record in records if record.kind == "correctness" and record.status != "missing"]
    devices = Counter(device_of(record) for record in judged)
    if len(devices) > 1:
        yield f"verdicts come from {len(devices)} devices: {_counts(devices)}"
    for name in ("torch", "triton"):
        versions = Counter(str(each.versions[name]) for each in records if name in each.versions)
        if len(versions) > 1:
            yield f"records were made with {len(versions)} versions of {name}: {_counts(versions)}"
    digests: dict[str, set[str]] = {}
    for record in records:
        if record.task_sha256:
            digests.setdefault(record.task, set()).add(record.task_sha256)
    changed = [task for task, found in digests.items() if len(found) > 1]
    if changed:
        yield f"the tests of {counted(len(changed), 'task')} changed between records: {_some(changed)}"
    partial = [record for record in judged if record.status == "passed" and not set(record.facets) >= set(FACETS)]
    if partial:
        yield f"{counted(len(partial), 'kernel')} passed every facet that was tried, but not all facets were tried"


def _weight(record: Record) -> int:
    """Return the precedence of a verdict over that of another device: a fault has the highest."""
    wrong = not {record.status, *record.facets.values()} <= set(HARMLESS)
    return len(HARMLESS) if wrong else HARMLESS.index(record.status)


def _variant(record: Record) -> Variant:
    return Variant(record.submission, record.variant)


def _natural(variant: Variant) -> tuple[str, list[tuple[int, str]]]:
    """Return a sort key that puts round_2 before round_10."""
    parts = re.findall(r"\d+|\D+", variant.name or "")
    return variant.submission, [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _started(record: Record) -> datetime:
    try:
        started = datetime.fromisoformat(record.started)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return started if started.tzinfo else started.replace(tzinfo=UTC)


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{name} ({count})" for name, count in counter.most_common())


def _some(names: Iterable[str]) -> str:
    listed = sorted(names)
    return ", ".join(listed[:MAX_NAMES]) + (f" and {len(listed) - MAX_NAMES} more" if len(listed) > MAX_NAMES else "")
