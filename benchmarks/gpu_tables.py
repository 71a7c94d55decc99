"""Tables of `on_a_gpu.py`, made from records."""

from __future__ import annotations

import json
import statistics
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Record = dict[str, Any]


def records_of(results: Path) -> list[Record]:
    """Return the records in a results file; none where there is no file."""
    lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
    return [json.loads(line) for line in lines]


def speeds(records: Sequence[Record]) -> str:
    """Return the speed records as a table, and the counts of verdicts."""
    rows = ["| kernel and workload | verdict | ratio | 99 % interval | device us | call us | share of roofline | s |",
            "| --- | --- | --- | --- | --- | --- | --- | --- |"]  # fmt: skip
    timed = [record for record in records if record["kind"] == "speed"]
    for record in timed:
        if record["verdict"] is None:
            rows.append(f"| {_name(record)} | {record['status']} | | | | | | {record['seconds']:.1f} |")
            continue
        low, high = record["interval"] or (float("nan"),) * 2
        light = "" if record["speed_of_light"] is None else f"{record['speed_of_light']:.0%}"
        rows.append(
            f"| {_name(record)} | {record['verdict']} | {record['ratio'] or 0:.3f} | [{low:.3f}, {high:.3f}] "
            f"| {1e6 * record['device_seconds']:.1f} | {1e6 * record['call_seconds']:.1f} | {light} "
            f"| {record['seconds']:.1f} |"
        )
    counts = Counter(record["verdict"] or record["status"] for record in timed)
    return "\n".join([*rows, "", ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common())])


def profile(records: Sequence[Record]) -> str:
    """Return the seconds of workloads by part: the median, the largest, and the share of all time."""
    parts: dict[str, list[float]] = {}
    for record in records:
        if record["kind"] == "speed" and isinstance(seconds := record["timing"].get("seconds"), dict):
            for name, value in seconds.items():
                parts.setdefault(name, []).append(value)
    total = sum(map(sum, parts.values()))
    rows = ["| part | median s | largest s | share |", "| --- | --- | --- | --- |"]
    for name, values in sorted(parts.items(), key=lambda pair: -sum(pair[1])):
        middle, most = statistics.median(values), max(values)
        rows.append(f"| {name} | {middle:.2f} | {most:.2f} | {sum(values) / total if total else 0:.0%} |")
    return "\n".join(rows)


def counts(records: Sequence[Record]) -> str:
    """Return how many records of correctness have each status, and the seconds of the slowest."""
    judged = [record for record in records if record["kind"] == "correctness"]
    if not judged:
        return "no records"
    found = Counter(record["status"] for record in judged)
    slowest = max(judged, key=lambda record: float(record["seconds"]))
    text = ", ".join(f"{count} {status}" for status, count in found.most_common())
    wrong = ", ".join(_name(record) for record in judged if record["status"] != "passed")
    return f"{len(judged)} kernels: {text}; slowest: {_name(slowest)} {slowest['seconds']:.1f} s; not passed: {wrong}"


def _name(record: Record) -> str:
    workload = f" [{record['workload']}]" if record["kind"] == "speed" else ""
    return f"{record['task']}{workload}"
