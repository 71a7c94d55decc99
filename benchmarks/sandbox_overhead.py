"""Measure what the sandbox costs: judge kernels with and without it, alternating, and start runners.

Run `python benchmarks/sandbox_overhead.py [--rounds N] [--examples N] [TASK ...]` on a quiet machine.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

from pytest_kernelbench.evaluation.session import EvaluationSession, SharedState
from pytest_kernelbench.evaluation.settings import Settings
from pytest_kernelbench.evaluation.submission import SubmissionSession
from pytest_kernelbench.host.client import Runner
from pytest_kernelbench.host.settings import RunnerSettings
from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.model.judging import JudgingSettings
from pytest_kernelbench.model.source import find

MODES = ("off", "best")
TASKS = ("relu", "softmax", "sum", "index_select", "Lion")


def main() -> None:
    """Judge some examples in both modes, alternating, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tasks", nargs="*", default=TASKS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--examples", type=int, default=0, help="cases drawn per kernel")
    asked = parser.parse_args()
    for mode in MODES:  # starts the fork server and fills the cache of the oracle
        judged(mode, asked)
    rounds = [{mode: judged(mode, asked) for mode in order(MODES, index)} for index in range(asked.rounds)]
    starts = [{mode: started(mode) for mode in order(MODES, index)} for index in range(40)]
    print(f"{'':<28}{'off':>10}{'best':>10}{'ratio':>10}")
    for index, pair in enumerate(rounds):
        show(f"round {index}: {len(asked.tasks)} kernels, s", pair)
    for name, pairs in (("all rounds, median, s", rounds), ("start of a runner, median, s", starts)):
        show(name, {mode: statistics.median(pair[mode] for pair in pairs) for mode in MODES})


def order(modes, index):
    """Return the modes, in reverse order every second time."""
    return modes[:: -1 if index % 2 else 1]


def show(name, pair):
    """Print one line of figures."""
    print(f"{name:<28}{pair['off']:>10.4f}{pair['best']:>10.4f}{pair['best'] / pair['off']:>10.3f}")


SHARED = SharedState(Catalogue.find(), None)
"""Tasks and oracle of all sessions, so that the first one does not pay for the others."""


def judged(mode, asked):
    """Return the seconds that judging the kernels takes in a mode."""
    root = Path(__file__).resolve().parents[1]
    settings = Settings(judging=JudgingSettings(examples=asked.examples, timeout=300.0, sandbox=mode))
    (source,) = find(("examples",), root, Path.cwd())
    submission = SubmissionSession(source, EvaluationSession(settings, SHARED))
    kernels = [kernel for path in submission.files for kernel in submission.kernels(path) if kernel.task in asked.tasks]
    begun = time.perf_counter()
    for kernel in kernels:
        record, _ = submission.judge(kernel, f"benchmark::{kernel.task}")
        assert record.status == "passed", record
    return time.perf_counter() - begun


def started(mode):
    """Return the seconds until a runner has imported an empty kernel."""
    begun = time.perf_counter()
    runner = Runner(RunnerSettings(sandbox=mode))
    runner.load("def work(): pass", "work.py", ["work"])
    seconds = time.perf_counter() - begun
    runner.close()
    return seconds


if __name__ == "__main__":
    main()
