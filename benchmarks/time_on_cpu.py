"""Time references against themselves, and against doing the work twice, on workloads of a size for a CPU.

A submission that equals the baseline must never be called faster or slower, and one that computes everything twice must
be called slower, with a speedup near 0.5. Prints a row for each workload, then the counts.

    python benchmarks/time_on_cpu.py [--tasks 40] [--only TASK] [--results FILE] [--load]

Both are judged as `-m speed --kb-device=cpu` judges kernels in plain torch. With `--only`, all workloads of one task
are timed. With `--load`, a second process loads one core meanwhile. Each row of the file has the seconds of a workload
by part. The exit status is 1 if a kernel that equals the baseline is called faster or slower, or one that works twice
is not called slower where it gets a verdict.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from pytest_kernelbench.judge.comparison.oracle import Oracle
from pytest_kernelbench.judge.speed import workload_limits
from pytest_kernelbench.judge.speed.benchmark import SpeedBenchmark
from pytest_kernelbench.judge.speed.cpu import CpuBackend
from pytest_kernelbench.judge.speed.flops_and_bytes import flops_and_bytes
from pytest_kernelbench.judge.speed.scaled import scaled
from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.model.judging import JudgingSettings
from pytest_kernelbench.model.record import RecordIdentity
from pytest_kernelbench.model.submission import Kernel

KERNELS = {
    "once": "kernel_function = task.reference",
    "twice": """def kernel_function(*args, **named):
    task.reference(*args, **named)
    return task.reference(*args, **named)""",
}
"""Submissions that are made from the reference of a task, by name: code that is appended to the task's file."""

TIMEOUT = 600.0
"""Seconds that one submission may take for a workload."""

LOAD = """
import os
parent = os.getppid()
while os.getppid() == parent:
    sum(range(1_000_000))
"""
"""A program that keeps a core busy, and ends with its parent however that ends."""


def main() -> None:
    """Time one workload of each task, the smallest first, until enough are timed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=40, help="how many workloads to time")
    parser.add_argument("--only", metavar="TASK", help="time all workloads of this task")
    parser.add_argument("--results", type=Path, help="append JSON lines to this file, and skip its workloads")
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
    for name, workload in candidates(options.only):
        if len(done) >= options.tasks:
            break
        if (name, workload) in {(row["task"], row["workload"]) for row in done}:
            continue
        row = timed(name, workload)
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
    for part in done[0]["once"]["seconds"]:
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


def candidates(only: str | None) -> list[tuple[str, str]]:
    """Return all workloads of one task, or the first one of each: those that move few bytes first, when scaled, and
    decompositions last.
    """
    catalogue, found = Catalogue.find(None), []
    for name in catalogue.names() if only is None else [only]:
        task = catalogue.load(name)
        for workload, case in [*task.workloads.items()][: 1 if only is None else None]:
            smaller = scaled(task, case, workload_limits.too_large)
            if smaller is not None:
                moved = flops_and_bytes(task, smaller).moved_bytes
                found.append((task.compare != "values", moved, name, workload))
    return [(name, workload) for *_, name, workload in sorted(found)]


def timed(name: str, workload: str) -> dict[str, object] | None:
    """Judge the speed of both submissions; return None where one gets no verdict here."""
    row: dict[str, object] = {"task": name, "workload": workload}
    # The files of tasks import this package, which the sandbox keeps from kernels.
    settings = JudgingSettings(device="cpu", language="torch", timeout=TIMEOUT, sandbox="off")
    catalogue = Catalogue.find(None)
    task, text = catalogue.load(name), catalogue.code(name)
    for kind, code in KERNELS.items():
        kernel = Kernel(name, "", Path(f"{name}.py"), f"{text}\n\n{code}\n", 1, None, "")
        identity = RecordIdentity(
            submission=kind, variant=None, task=name, category="", device={}, versions={}, settings={}, started="",
        )  # fmt: skip
        record = SpeedBenchmark(kernel, task, text, workload, settings, identity, Oracle(), CpuBackend()).run()
        if record.status != "passed" or record.ratio is None:
            print(f"{name}[{workload}] left out: {record.status}: {record.failure or record.notes}", file=sys.stderr)
            return None
        row[kind] = {
            **{field: getattr(record, field) for field in ("verdict", "ratio", "interval", "blocks", "samples")},
            **{field: record.timing[field] for field in ("processes", "inputs", "seconds")},
        }  # fmt: skip
    return row


def show(row: dict[str, object]) -> None:
    """Print the row of a workload."""
    cells = [f"{row['task']}[{row['workload']}]".ljust(60)]
    for kernel in KERNELS:
        found = row[kernel]
        assert isinstance(found, dict)
        low, high = found["interval"]
        used = f"{found['blocks']:>3} blocks of {found['processes']}"
        cells.append(f"{kernel} {found['verdict']:<8}{found['ratio']:.3f} [{low:.3f}, {high:.3f}] {used}")
    print("  ".join(cells), flush=True)


if __name__ == "__main__":
    main()
