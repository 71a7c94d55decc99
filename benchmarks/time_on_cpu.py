"""Time references against themselves, and against doing the work twice, on workloads of a size for a CPU.

A submission that equals the baseline must never be called faster or slower, and one that computes everything twice must
be called slower, with a speedup near 0.5. Prints a row for each workload, then the counts.

    python benchmarks/time_on_cpu.py [--tasks 40] [--results FILE] [--load]

With `--load`, a second process loads one core meanwhile. Each row of the file has the seconds of a workload by part.
The exit status is 1 if a kernel that equals the baseline is called faster or slower, or one that works twice is not
called slower where it gets a verdict.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from pytest_kernelbench.host.client import Runner
from pytest_kernelbench.host.process import RunnerDied
from pytest_kernelbench.host.settings import RunnerSettings
from pytest_kernelbench.judge.correctness.facets import reseeded
from pytest_kernelbench.judge.speed import workload_limits
from pytest_kernelbench.judge.speed.benchmark import MEMORY
from pytest_kernelbench.judge.speed.cpu import MAX_SECONDS, CpuBackend
from pytest_kernelbench.judge.speed.flops_and_bytes import flops_and_bytes
from pytest_kernelbench.judge.speed.interleaving import KERNEL, Measurement, measure
from pytest_kernelbench.judge.speed.replicates import figures, settled
from pytest_kernelbench.judge.speed.scaled import scaled
from pytest_kernelbench.judge.speed.stopwatch import Stopwatch
from pytest_kernelbench.judge.speed.timed_runner import (
    BASELINE_CODE,
    TimedRunner,
    load_baseline,
    prepare_baseline,
    trusted,
)
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.model.catalogue import Catalogue

KERNELS = {
    "once": "baseline = task.reference",
    "twice": """def baseline(*args, **named):
    task.reference(*args, **named)
    return task.reference(*args, **named)""",
}
"""Submissions that are made from the reference of a task, by name."""

PARTS = ("start", "timing", "other")
"""Where the seconds of a workload go: starting both processes with their inputs, measuring, and ending them."""


LOAD = """
import os
parent = os.getppid()
while os.getppid() == parent:
    sum(range(1_000_000))
"""
"""A program that keeps a core busy, and ends with its parent however that ends."""


def main() -> None:
    """Time one workload of each task, the smallest first, until enough tasks are timed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=40, help="how many tasks to time")
    parser.add_argument("--results", type=Path, help="append JSON lines to this file, and skip tasks that are in it")
    parser.add_argument("--load", action="store_true", help="load one core with a second process meanwhile")
    options = parser.parse_args()
    with loaded() if options.load else contextlib.nullcontext():
        sys.exit(run(options))


def run(options: argparse.Namespace) -> int:
    """Time the workloads, print the counts, and return the exit status."""
    done = [json.loads(line) for line in options.results.open()] if options.results and options.results.exists() else []
    for row in done:
        show(row)
    left_out = 0
    for name, workload, case in candidates():
        if len(done) >= options.tasks:
            break
        if name in {row["task"] for row in done}:
            continue
        row = timed(name, workload, case)
        if row is None:
            left_out += 1
            continue
        done.append(row)
        show(row)
        if options.results:
            with options.results.open("a") as stream:
                stream.write(json.dumps(row) + "\n")
    print(f"{left_out} workloads left out")
    if not done:
        return 1
    for kernel in KERNELS:
        verdicts = Counter(row[kernel]["verdict"] for row in done)
        ratios = [row[kernel]["ratio"] for row in done]
        print(f"{kernel}: {len(done)} tasks, {dict(verdicts)}, median ratio {median(ratios):.4f}, ", end="")
        print(f"from {min(ratios):.4f} to {max(ratios):.4f}")
    for part in PARTS:
        seconds = [row[kernel]["seconds"][part] for row in done for kernel in KERNELS]
        print(f"{part}: {sum(seconds) / len(done):.1f} s a workload, {max(seconds):.1f} s at most for a kernel")
    wrong = [row for row in done if row["once"]["verdict"] in ("faster", "slower")]
    wrong += [row for row in done if row["twice"]["verdict"] in ("faster", "same")]
    print(f"false verdicts: {', '.join(row['task'] for row in wrong) or 'none'}")
    return 1 if wrong else 0


@contextlib.contextmanager
def loaded() -> Iterator[None]:
    """Have a second process load one core meanwhile."""
    other = subprocess.Popen([sys.executable, "-c", LOAD])
    try:
        yield
    finally:
        other.kill()
        other.wait()


def candidates() -> list[tuple[str, str, Case]]:
    """Return the first workload of each task, scaled: those that move few bytes first, decompositions last."""
    catalogue, found = Catalogue.find(None), []
    for name in catalogue.names():
        task = catalogue.load(name)
        for workload, case in [*task.workloads.items()][:1]:
            smaller = scaled(task, case, workload_limits.too_large)
            if smaller is not None:
                moved = flops_and_bytes(task, smaller).moved_bytes
                found.append((task.compare != "values", moved, name, workload, smaller))
    return [(name, workload, case) for *_, name, workload, case in sorted(found, key=lambda each: each[:3])]


def timed(name: str, workload: str, case: Case) -> dict[str, object] | None:
    """Time both submissions against the reference; return None where this CPU is too slow for the workload."""
    catalogue = Catalogue.find(None)
    file, task = catalogue.names()[name], catalogue.load(name)
    backend = CpuBackend()
    sets = workload_limits.input_sets(case, backend.cache_bytes)
    cases = [reseeded(case, seed) for seed in range(sets)]
    written = bool(task.written(case) & set(case.arguments))
    settings = RunnerSettings(device="cpu", memory=MEMORY, cpu=None)
    source, deadline = file.path.read_text(), time.monotonic() + 600

    def start(code: str) -> tuple[TimedRunner, float]:
        timer = load_baseline(Runner(trusted(settings)), f"{source}\n\n{code}\n", f"{name}.py", deadline)
        return timer, prepare_baseline(timer, task, cases, written=written)

    row: dict[str, object] = {"task": name, "workload": workload, "sets": sets}
    try:
        for kernel, code in KERNELS.items():
            watch, measures = Stopwatch(), list[Measurement]()
            while not measures or not settled(measures, "eager", backend.small):
                measured, reason = once(start, code, backend, written, watch)
                if measured is None:
                    print(f"{name}[{workload}] left out: {reason}", file=sys.stderr)
                    return None
                measures.append(measured)
            fields = figures(measures, "eager")
            if backend.doubt(fields["verdict"], fields["baseline_call_seconds"] / fields["call_seconds"]) is not None:
                fields["verdict"] = "unclear"  # as a judge of kernels does
            row[kernel] = {
                **fields, "pairs": len(measures), "seconds": watch.rounded(),
            }  # fmt: skip
    except RunnerDied as death:
        print(f"{name}[{workload}] left out: {death}", file=sys.stderr)
        return None
    return row


def once(
    start: Callable[[str], tuple[TimedRunner, float]],
    code: str,
    backend: CpuBackend,
    written: bool,
    watch: Stopwatch,
) -> tuple[Measurement | None, str]:
    """Time one pair of processes; return no measurement but the reason where this CPU is too slow."""
    timers: dict[str, TimedRunner] = {}
    try:
        with watch.part("start"):
            timers["eager"], seconds = start(BASELINE_CODE["eager"])
        if (reason := backend.too_slow(seconds)) is not None:
            return None, reason
        with watch.part("start"):
            timers[KERNEL] = start(code)[0]
        with watch.part("timing"), backend.placed(timers):
            measured = measure(timers, clock=time.perf_counter, schedule=backend.schedule(once=written))
        few = "eager" not in measured.estimates
        return (None, f"{len(measured.kept)} blocks in {MAX_SECONDS} s") if few else (measured, "")
    finally:
        for timer in timers.values():
            timer.runner.close()


def show(row: dict[str, object]) -> None:
    """Print the row of a workload."""
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
