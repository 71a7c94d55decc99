"""Measure `pytest_kernelbench.evaluate` in 1, 2 and 4 threads: evaluations per second, their latency, and memory.

Run `python benchmarks/evaluate.py [N]` for N evaluations in all, of right and wrong kernels made from the examples.
"""

from __future__ import annotations

import argparse
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import psutil

import pytest_kernelbench as kb

ROOT = Path(__file__).resolve().parents[1]
TASKS = ("relu", "sigmoid", "log1p", "softmax", "sum", "std", "argmax", "index_select", "smooth_l1_loss", "addmm")
THREADS = (1, 2, 4)
WRONG = "\nright = {task}\ndef {task}(*args, **kwargs): return right(*args, **kwargs) + 1\n"


def main() -> None:
    """Evaluate and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("evaluations", nargs="?", type=int, default=500)
    parser.add_argument("--examples", type=int, default=48, help="cases drawn per kernel")
    asked = parser.parse_args()
    codes = {path.stem: path.read_text() for path in (ROOT / "submissions/examples").rglob("*.py")}
    kernels = [(codes[task] + extra.format(task=task), task) for task in TASKS for extra in ("", WRONG)]
    evaluated = partial(judged, examples=asked.examples)
    _, first = evaluated(kernels[0])
    print(f"the first one takes {first:.1f} s: it imports torch and Triton and starts the fork server", flush=True)
    print(f"{'threads':>8}{'number':>8}{'a second':>10}{'p50 s':>8}{'p95 s':>8}{'right %':>9}{'MiB':>7}")
    rounds = max(1, asked.evaluations // len(THREADS) // len(kernels))
    for count in THREADS:
        started = time.perf_counter()
        with ThreadPoolExecutor(count) as threads:
            results = list(threads.map(evaluated, kernels * rounds))
        rate = len(results) / (time.perf_counter() - started)
        seconds = sorted(each for _, each in results)
        expected = [extra == "" for _ in TASKS for extra in ("", WRONG)] * rounds
        right = statistics.fmean(passed == wanted for (passed, _), wanted in zip(results, expected, strict=True))
        p50, p95 = statistics.median(seconds), seconds[int(0.95 * len(seconds))]
        memory = psutil.Process().memory_info().rss / 2**20
        cells = f"{count:>8}{len(results):>8}{rate:>10.2f}{p50:>8.2f}{p95:>8.2f}{100 * right:>9.1f}{memory:>7.0f}"
        print(cells, flush=True)


def judged(kernel: tuple[str, str], examples: int) -> tuple[bool, float]:
    """Return whether a kernel passed and how many seconds that took."""
    started = time.perf_counter()
    passed = kb.evaluate(*kernel, examples=examples).passed
    return passed, time.perf_counter() - started


if __name__ == "__main__":
    main()
