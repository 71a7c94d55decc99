"""Measure what observing kernels costs: the same calls of a plain kernel with and without the observer, alternating.

Run `python benchmarks/observing.py [--rounds N] [FILE TASK]` on a quiet machine.
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path

from pytest_kernelbench.host.client import Runner
from pytest_kernelbench.host.settings import RunnerSettings
from pytest_kernelbench.judge.comparison.evidence import signature
from pytest_kernelbench.judge.correctness import facets
from pytest_kernelbench.model.catalogue import Catalogue

ROOT = Path(__file__).resolve().parents[1]
SILENCED = """
import gc
for _found in gc.get_objects():
    if type(_found).__name__ == "Observer":
        _found._rules.clear()
        _found.take = lambda: []
"""
"""Code to put before a kernel: it leaves the audit hook in place, without anything to do."""


def main() -> None:
    """Print the CPU seconds for loading a kernel and calling it on the cases of `sizes`, with and without."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default=ROOT / "submissions/examples/Activation/relu.py")
    parser.add_argument("task", nargs="?")
    parser.add_argument("--rounds", type=int, default=15)
    asked = parser.parse_args()
    name = asked.task or asked.file.stem
    code = asked.file.read_text()
    times: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(asked.rounds):
        for observed in (True, False):
            times[observed].append(seconds(name, code if observed else SILENCED + code))
    on, off = (statistics.median(times[observed]) for observed in (True, False))
    print(f"{name}: {on:.3f} s observed, {off:.3f} s not, {on / off - 1:+.1%} (medians of {asked.rounds})")


def seconds(name: str, code: str) -> float:
    """Return the CPU seconds that a new runner takes to load a kernel and to run the cases of `sizes`."""
    task = Catalogue.find().load(name)
    runner = Runner(RunnerSettings(cpu=None))
    try:
        entries = [entry for entry in (name, "kernel_function", task.entry) if entry]
        started = runner.cpu_seconds()
        assert runner.load(code, f"{name}.py", entries).status == "ok"
        for case in facets.fixed_cases(task, "sizes"):
            parameters, convention = signature(task), task.calling_convention
            runner.call(case, parameters, convention=convention, max_bytes=1 << 26, timeout=60)
        return runner.cpu_seconds() - started
    finally:
        runner.close()


if __name__ == "__main__":
    main()
