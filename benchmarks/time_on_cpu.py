"""Times references against themselves, and against doing the work twice, on the workloads that this CPU can afford.

Neither can be faster: a submission that is the baseline must never be called faster or slower, and one that computes
everything twice must be called slower, with a ratio near 0.5. Prints a line a workload, then the counts.

    python benchmarks/time_on_cpu.py [--least 40] [--results FILE]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import median

from pytest_kernelbench.judge import affordable
from pytest_kernelbench.judge.blocks import KERNEL, Measured, Schedule, measure
from pytest_kernelbench.judge.facets import reseeded
from pytest_kernelbench.judge.launches import LAUNCHES, figures, is_small
from pytest_kernelbench.judge.sides import BASELINES, Side, on_one_processor, trusted
from pytest_kernelbench.judge.speed import BATCH_SECONDS, MEMORY, MOST_SECONDS
from pytest_kernelbench.judge.work import work
from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.runner.child import RunnerDied, RunnerSettings

KERNELS = {
    "once": "baseline = task.reference",
    "twice": """def baseline(*args, **named):
    task.reference(*args, **named)
    return task.reference(*args, **named)""",
}
"""Submissions, made of a task's reference."""


def main() -> None:
    """Time one workload of each task, the smallest first, until there are enough tasks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--least", type=int, default=40, help="tasks to time")
    parser.add_argument("--results", type=Path, help="append JSON lines here, and leave out tasks that are in it")
    options = parser.parse_args()
    done = [json.loads(line) for line in options.results.open()] if options.results and options.results.exists() else []
    for row in done:
        show(row)
    for name, workload in candidates():
        if len(done) >= options.least:
            break
        if name in {row["task"] for row in done}:
            continue
        row = race(name, workload)
        if row is None:
            continue
        done.append(row)
        show(row)
        if options.results:
            with options.results.open("a") as stream:
                stream.write(json.dumps(row) + "\n")
    for kernel in KERNELS:
        verdicts = Counter(row[kernel]["verdict"] for row in done)
        ratios = [row[kernel]["ratio"] for row in done]
        print(f"{kernel}: {len(done)} tasks, {dict(verdicts)}, median ratio {median(ratios):.4f}, ", end="")
        print(f"from {min(ratios):.4f} to {max(ratios):.4f}")


def candidates() -> list[tuple[str, str]]:
    """Return tasks with a workload that is affordable; decompositions last, the one that moves least bytes first."""
    catalogue, found = Catalogue.find(None), []
    for name in catalogue.names():
        task = catalogue.load(name)
        for workload, case in task.workloads.items():
            if affordable.too_large(task, case) is None:
                found.append((task.compare != "values", work(task, case).moved_bytes, name, workload))
    return [(name, workload) for *_, name, workload in sorted(found)]


def race(name: str, workload: str) -> dict[str, object] | None:
    """Time both kernels of a task beside one baseline; None where this CPU is too slow for it."""
    catalogue = Catalogue.find(None)
    file, task = catalogue.names()[name], catalogue.load(name)
    case = task.workloads[workload]
    sets = affordable.input_sets(case, affordable.last_level_cache())
    cases = [reseeded(case, seed) for seed in range(sets)]
    written = bool(task.written(case) & set(case.arguments))
    settings = RunnerSettings(device="cpu", memory=MEMORY, cpu=None)
    source, deadline = file.path.read_text(), time.monotonic() + 600
    start = lambda code: trusted(  # noqa: E731
        settings, f"{source}\n\n{code}\n", f"{name}.py", task, cases, written=written, deadline=deadline
    )
    row: dict[str, object] = {"task": name, "workload": workload, "sets": sets}
    try:
        for kernel, code in KERNELS.items():
            began, measures = time.perf_counter(), list[Measured]()
            while len(measures) < LAUNCHES and (not measures or is_small(measures[-1], "eager")):
                measured, reason = once(start, code, Schedule(BATCH_SECONDS, most_seconds=MOST_SECONDS, once=written))
                if measured is None:
                    print(f"{name}[{workload}] left out: {reason}", file=sys.stderr)
                    return None
                measures.append(measured)
            row[kernel] = {
                **figures(measures, "eager"), "pairs": len(measures), "took": time.perf_counter() - began,
            }  # fmt: skip
    except RunnerDied as death:
        print(f"{name}[{workload}] left out: {death}", file=sys.stderr)
        return None
    return row


def once(start: Callable[[str], tuple[Side, float]], code: str, schedule: Schedule) -> tuple[Measured | None, str]:
    """Time one pair of processes; return why not where this CPU is too slow."""
    sides = []
    try:
        baseline, seconds = start(BASELINES["eager"])
        sides.append(baseline)
        if (reason := affordable.too_slow(seconds)) is not None:
            return None, reason
        sides.append(start(code)[0])
        with on_one_processor(sides):
            measured = measure({"eager": baseline, KERNEL: sides[1]}, clock=time.perf_counter, schedule=schedule)
        few = "eager" not in measured.estimates
        return (None, f"{len(measured.kept)} blocks in {MOST_SECONDS} s") if few else (measured, "")
    finally:
        for side in sides:
            side.runner.close()


def show(row: dict[str, object]) -> None:
    """Print the line of a workload."""
    cells = [f"{row['task']}[{row['workload']}]".ljust(60)]
    for kernel in KERNELS:
        found = row[kernel]
        assert isinstance(found, dict)
        low, high = found["interval"]
        used = f"{found['blocks']:>3} blocks of {found['pairs']}"
        cells.append(f"{kernel} {found['verdict']:<8}{found['ratio']:.3f} [{low:.3f}, {high:.3f}] {used}")
    print("  ".join(cells), flush=True)


if __name__ == "__main__":
    main()
