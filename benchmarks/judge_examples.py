"""Measure judging the examples: kernels per minute, cases per second, and where the time is spent.

Run `python benchmarks/judge_examples.py [--examples N] [SUBMISSION]` on a quiet machine, and compare with earlier runs.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from pytest_kernelbench.evaluation.session import EvaluationSession
from pytest_kernelbench.evaluation.settings import Settings
from pytest_kernelbench.model.judging import JudgingSettings


def main() -> None:
    """Judge every kernel of a submission in this process and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("submission", nargs="?", default="examples")
    parser.add_argument("--examples", type=int, default=48, help="cases drawn per kernel")
    asked = parser.parse_args()
    root = Path(__file__).resolve().parents[1]
    judging = JudgingSettings(examples=asked.examples, timeout=300.0)
    evaluation = EvaluationSession.start(Settings(judging=judging, submissions=(asked.submission,)), root, Path.cwd())
    started = time.perf_counter()
    rows = [row for submission in evaluation.submissions for row in judged(submission)]
    total = time.perf_counter() - started
    cases = sum(row[2] for row in rows)
    runner, search = sum(row[3] for row in rows), sum(row[4] for row in rows)
    print(f"{'kernel':<32}{'seconds':>9}{'cases':>7}{'runner':>9}{'search':>9}")
    for name, seconds, count, in_runner, in_search in rows:
        print(f"{name:<32}{seconds:>9.2f}{count:>7}{in_runner:>9.2f}{in_search:>9.2f}")
    print(f"{len(rows)} kernels, {cases} cases in {total:.1f} s")
    print(f"{60 * len(rows) / total:.1f} kernels a minute, {cases / total:.1f} cases a second")
    oracle = evaluation.shared.oracle.seconds
    rest = total - runner - oracle
    print(f"share of the time: runner {runner / total:.0%}, oracle {oracle / total:.0%}, the rest {rest / total:.0%}")
    print(f"the rest is Hypothesis, comparison and process start; {search / total:.0%} of all time is random search")


def judged(submission):
    """Yield name, seconds, cases, seconds in the runner and seconds of search for each kernel."""
    for path in submission.files:
        for kernel in submission.kernels(path):
            record, judgement = submission.judge(kernel, f"benchmark::{kernel.task}")
            yield kernel.task, record.seconds, record.examples, judgement.trial.runner_seconds, judgement.search_seconds


if __name__ == "__main__":
    main()
