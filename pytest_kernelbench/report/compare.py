"""The comparison of two sets of results: which kernels got better or worse."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pytest_kernelbench.model.record import STAGES, Record, SpeedRecord
from pytest_kernelbench.model.task import ALL_FACETS
from pytest_kernelbench.report.results import Results, device_of

KINDS = ("worse", "better", "changed", "new", "gone", "unchanged")
"""Kinds of change; `changed` is neither better nor worse, such as another kind of wrong result."""

FAIL_ON: Mapping[str, tuple[str, ...]] = {"worse": KINDS[:1], "any": KINDS[:-1], "never": ()}
"""Kinds of change that make the comparison fail, by the name of the choice."""

Key = tuple[str | None, ...]
"""What records of both sides must have in common to be compared."""


@dataclass(frozen=True, slots=True)
class Change:
    """The change of one kernel in one respect on one device."""

    kind: str
    """One of `KINDS`."""
    about: str
    """`correctness`, `compile`, or `speed` with workload and baseline."""
    submission: str
    variant: str | None
    task: str
    device: str
    before: str | None
    """The old verdict in a few words; None for a new kernel."""
    after: str | None
    """The new verdict in a few words; None for a kernel that is gone."""
    changed: tuple[str, ...] = ()
    """What else changed: `code` of the kernel, `tests` of the task, versions of `torch` and `triton`."""
    alarm: bool = False
    """Whether the verdict changed while the code did not."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What became of each kernel between two sets of results."""

    changes: tuple[Change, ...]
    """All changes, the worst first."""
    left_out: tuple[str, ...]
    """What could not be compared, one sentence each."""

    @property
    def counts(self) -> dict[str, int]:
        """Number of changes of each kind, and number of alarms among them."""
        kinds = Counter(change.kind for change in self.changes)
        return {**{kind: kinds[kind] for kind in KINDS}, "alarms": sum(change.alarm for change in self.changes)}

    def fails(self, fail_on: str) -> bool:
        """Whether there is a change of one of the kinds `FAIL_ON[fail_on]`."""
        return any(change.kind in FAIL_ON[fail_on] for change in self.changes)


def compare(old: Results, new: Results) -> Comparison:
    """Compare records of the same kernel on the same device; records of different devices are never compared."""
    before, after = _by_key(old.records), _by_key(new.records)
    changes: list[Change] = []
    one_sided: Counter[tuple[str, str]] = Counter()
    for key in dict.fromkeys([*before, *after]):
        one, two = before.get(key, {}), after.get(key, {})
        common = one.keys() & two.keys()
        if one and two:
            for device in sorted(one.keys() ^ two.keys()):
                one_sided[device, "OLD" if device in one else "NEW"] += 1
            changes += [_change(one[device], two[device]) for device in sorted(common)]
        else:
            changes += [_one_sided(record, "gone") for record in one.values()]
            changes += [_one_sided(record, "new") for record in two.values()]
    changes.sort(key=lambda change: (KINDS.index(change.kind), not change.alarm))
    left_out = [f"{count} on {device}: only in {side}, not compared with those on other devices"
                for (device, side), count in sorted(one_sided.items())]  # fmt: skip
    if before and after and not before.keys() & after.keys():
        left_out.append(f"no kernel is in both: OLD has {_labels(old)}; NEW has {_labels(new)}")
    return Comparison(tuple(changes), tuple(left_out))


def _by_key(records: Iterable[Record]) -> dict[Key, dict[str, Record]]:
    """Return the records by key, and then by device; missing kernels are left out."""
    found: dict[Key, dict[str, Record]] = {}
    for record in records:
        if record.status != "missing":
            key = (_about(record), record.submission, record.variant, record.task)
            found.setdefault(key, {})[device_of(record)] = record
    return found


def _about(record: Record) -> str:
    return f"speed {record.workload}, {record.baseline}" if isinstance(record, SpeedRecord) else record.kind


def _one_sided(record: Record, kind: str) -> Change:
    verdict = _verdict(record)
    before, after = (verdict, None) if kind == "gone" else (None, verdict)
    return Change(
        kind, _about(record), record.submission, record.variant, record.task, device_of(record), before, after
    )


def _change(before: Record, after: Record) -> Change:
    speed = isinstance(before, SpeedRecord) and isinstance(after, SpeedRecord)
    kind = _speed_kind(before, after) if speed else _verdict_kind(before, after)
    same_code = bool(before.kernel_sha256) and before.kernel_sha256 == after.kernel_sha256
    return Change(
        kind, _about(after), after.submission, after.variant, after.task, device_of(after), _verdict(before),
        _verdict(after), tuple(_changed(before, after)), alarm=same_code and kind != "unchanged",
    )  # fmt: skip


def _changed(before: Record, after: Record) -> Iterator[str]:
    if before.kernel_sha256 != after.kernel_sha256:
        yield "code"
    if before.task_sha256 != after.task_sha256:
        yield "tests"
    for name in ("torch", "triton"):
        if before.versions.get(name) != after.versions.get(name):
            yield name


def _verdict_kind(before: Record, after: Record) -> str:
    """Return how a verdict changed: a lost facet is worse whatever was gained; then the stage decides, then the status.

    Facets that only one side tried are ignored, because `--kb-facets` may have left them out.
    """
    tried = [facet for facet in ALL_FACETS if facet in before.facets and facet in after.facets]
    pairs = [(before.facets[facet] == "passed", after.facets[facet] == "passed") for facet in tried]
    stages = [min(STAGES.index(record.stage), STAGES.index("runs")) for record in (before, after)]
    passed = [record.status == "passed" for record in (before, after)]
    if (True, False) in pairs or stages[1] < stages[0] or passed == [True, False]:
        return "worse"
    if (False, True) in pairs or stages[1] > stages[0] or passed == [False, True]:
        return "better"
    same = before.status == after.status and all(before.facets[facet] == after.facets[facet] for facet in tried)
    return "unchanged" if same else "changed"


def _speed_kind(before: Record, after: Record) -> str:
    """Return how a speedup changed: better or worse only if the intervals do not overlap.

    `unsupported` is a workload that is too large for the device, whatever the kernel does.
    """
    if "unsupported" in (before.status, after.status):
        return "unchanged" if before.status == after.status else "changed"
    if before.status != "passed" or after.status != "passed":
        return _verdict_kind(before, after)
    old, new = getattr(before, "interval", None), getattr(after, "interval", None)
    if old is None or new is None:
        return "unchanged" if old == new else "changed"
    return "better" if new[0] > old[1] else "worse" if new[1] < old[0] else "unchanged"


def _verdict(record: Record) -> str:
    """Return the verdict of a record in a few words."""
    if isinstance(record, SpeedRecord) and record.ratio is not None and record.interval is not None:
        low, high = record.interval
        return f"{record.ratio:.3g} [{low:.3g}, {high:.3g}] {record.verdict}"
    failed = [facet for facet in ALL_FACETS if record.facets.get(facet, "passed") != "passed"]
    return record.status + (f" ({', '.join(failed)})" if failed else "")


def _labels(results: Results) -> str:
    return ", ".join(variant.label for variant in results.variants)
