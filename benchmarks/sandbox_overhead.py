"""Time what the sandbox costs: the same kernels with and without it, in turns, and starting a runner by itself.

Run `python benchmarks/sandbox_overhead.py [--rounds N] [--examples N] [TASK ...]` on a quiet machine.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

from pytest_kernelbench.model.task import FACETS
from pytest_kernelbench.runner.child import RunnerSettings
from pytest_kernelbench.runner.client import Runner
from pytest_kernelbench.session import Bench
from pytest_kernelbench.settings import Settings

MODES = ("off", "best")
TASKS = ("relu", "softmax", "sum", "index_select", "Lion")


def main() -> None:
    """Judge some examples in both modes, in turns, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tasks", nargs="*", default=TASKS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--examples", type=int, default=0, help="cases drawn per kernel")
    asked = parser.parse_args()
    for mode in MODES:  # the fork server starts, and the oracle learns the cases
        judged(mode, asked)
    rounds = [{mode: judged(mode, asked) for mode in order(MODES, index)} for index in range(asked.rounds)]
    starts = [{mode: started(mode) for mode in order(MODES, index)} for index in range(40)]
    print(f"{'':<28}{'off':>10}{'best':>10}{'ratio':>10}")
    for index, pair in enumerate(rounds):
        show(f"round {index}: {len(asked.tasks)} kernels, s", pair)
    for name, pairs in (("all rounds, median, s", rounds), ("start of a runner, median, s", starts)):
        show(name, {mode: statistics.median(pair[mode] for pair in pairs) for mode in MODES})


def order(modes, index):
    """Return the modes, the other way round every second time."""
    return modes[:: -1 if index % 2 else 1]


def show(name, pair):
    """Print one line of figures."""
    print(f"{name:<28}{pair['off']:>10.4f}{pair['best']:>10.4f}{pair['best'] / pair['off']:>10.3f}")


ORACLE = []
"""The one that all sessions share, so that none of them pays for what another has worked out."""


def judged(mode, asked):
    """Return the seconds that judging the kernels takes in a mode."""
    root = Path(__file__).resolve().parents[1]
    settings = Settings(
        ("examples",), "interpreter", asked.examples, FACETS, 300.0, None, "hide", None, None, sandbox=mode
    )
    bench = Bench(settings, root, Path.cwd())
    ORACLE.append(bench.oracle)
    bench.oracle = ORACLE[0]
    (shelf,) = bench.shelves
    kernels = [kernel for path in shelf.files for kernel in shelf.kernels(path) if kernel.task in asked.tasks]
    begun = time.perf_counter()
    for kernel in kernels:
        record, _ = shelf.judge(kernel, f"benchmark::{kernel.task}")
        assert record.status == "passed", record
    return time.perf_counter() - begun


def started(mode):
    """Return the seconds until a runner has imported a kernel that does nothing."""
    begun = time.perf_counter()
    runner = Runner(RunnerSettings(sandbox=mode))
    runner.load("def work(): pass", "work.py", ["work"])
    seconds = time.perf_counter() - begun
    runner.close()
    return seconds


if __name__ == "__main__":
    main()
