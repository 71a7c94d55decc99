"""Records and results, for tests of what is made from them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pytest_kernelbench.model.catalogue import CATEGORIES
from pytest_kernelbench.model.record import Record, SpeedRecord, stage_of
from pytest_kernelbench.model.task import FACETS
from pytest_kernelbench.report.results import Results

TASKS: Mapping[str, str] = {f"{name}_{i}": name for name, count in CATEGORIES.items() for i in range(count)}
"""A catalogue of 176 made-up tasks."""


def correctness(task: str, status: str = "passed", failed: str | None = None, **fields: Any) -> Record:
    """Return a verdict: passed, or with `status` in the facet `failed`; `facets` may be given instead."""
    facets = fields.pop("facets", {facet: status if facet == failed else "passed" for facet in FACETS})
    facets = {"basic": status} if failed == "basic" else facets
    ran = status not in ("load_error", "missing")
    defaults = {
        "kind": "correctness", "submission": "mine", "variant": None, "category": TASKS.get(task, "Math"),
        "stage": stage_of(facets, loaded=ran, ran=ran), "device": {"kind": "interpreter"},
        "started": "2026-11-20T10:00:00+00:00", "kernel_sha256": "k", "task_sha256": "t",
    }  # fmt: skip
    return Record(task=task, status=status, facets=facets if ran else {}, **{**defaults, **fields})


def speed(task: str, ratio: float | None, error: float = 0.01, **fields: Any) -> SpeedRecord:
    """Return a speedup whose interval is `ratio` times and divided by 1 + error."""
    interval = None if ratio is None else [ratio / (1 + error), ratio * (1 + error)]
    defaults = {
        "kind": "speed", "submission": "mine", "variant": None, "category": TASKS.get(task, "Math"),
        "status": "passed", "stage": "all", "device": {"kind": "cuda", "model": "h100"}, "workload": "large",
        "verdict": None if ratio is None else "faster" if ratio > 1 else "slower", "kernel_sha256": "k",
    }  # fmt: skip
    return SpeedRecord(task=task, ratio=ratio, interval=interval, **{**defaults, **fields})


def schema_1(line: str) -> str:
    """Return a line of a results file as schema 1 had it."""
    values = json.loads(line)
    values["schema"] = 1
    values["rung"] = values.pop("stage")
    if "roofline" in values.get("timing", {}):
        values["timing"]["ceilings"] = values["timing"].pop("roofline")
    return json.dumps(values) + "\n"


def results(*records: Record, tasks: Mapping[str, str] = TASKS) -> Results:
    """Return results that hold these records."""
    return Results(records, tasks)
