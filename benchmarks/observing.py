"""What observing kernels costs: the same calls of a plain kernel with and without the observer, in turns.

Run `python benchmarks/observing.py [--rounds N] [FILE TASK]` on a quiet machine.
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path

from pytest_kernelbench.judge import facets
from pytest_kernelbench.judge.oracle import signature
from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.runner.child import RunnerSettings
from pytest_kernelbench.runner.client import Runner

ROOT = Path(__file__).resolve().parents[1]
SILENCED = """
import gc
for _found in gc.get_objects():
    if type(_found).__name__ == "Observer":
        _found._rules.clear()
        _found.take = lambda: []
"""
"""Put before a kernel, this leaves an audit hook that looks nothing up and compares nothing."""


def main() -> None:
    """Print the seconds of the processor for loading and for the calls of `sizes`, and the ratio of the medians."""
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
    """Return the processor's seconds that a new runner takes to load a kernel and to answer the cases of `sizes`."""
    task = Catalogue.find().load(name)
    runner = Runner(RunnerSettings())
    try:
        entries = [entry for entry in (name, "kernel_function", task.entry) if entry]
        started = processor(runner.pid)
        assert runner.load(code, f"{name}.py", entries).status == "ok"
        for case in facets.spine(task, "sizes"):
            runner.call(case, signature(task), driver=task.driver, most=1 << 26, seconds=60)
        return processor(runner.pid) - started
    finally:
        runner.close()


def processor(pid: int) -> float:
    """Return the seconds that a process has computed, whatever else the machine does."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


if __name__ == "__main__":
    main()
