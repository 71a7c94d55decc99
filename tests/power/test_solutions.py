"""Our own kernels pass every facet: two small ones in every run, all of them in slow runs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SOLUTIONS = ROOT / "submissions" / "solutions"
EVERY_RUN = ("Math/signbit", "Loss/mse_loss")
"""Kernels that are judged within a few seconds: one flat, for integers and floats, and one with a reduction."""

KERNELS = sorted(path for path in SOLUTIONS.glob("*/*.py") if path.parent.name != "_common")


def judged(files: Sequence[Path], folder: Path, timeout: float) -> list[dict[str, Any]]:
    """Return the records of solutions, judged in a session of their own."""
    results = folder / "results.jsonl"
    command = [
        sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "correctness",
        f"--kb-submission={SOLUTIONS}", f"--kb-results={results}", *map(str, files),
    ]  # fmt: skip
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False)
    assert results.exists(), run.stdout[-4000:] + run.stderr[-4000:]
    return [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()]


def assert_all_pass(files: Sequence[Path], folder: Path, timeout: float) -> None:
    """Every kernel has a record, passes every facet, and is called a kernel."""
    records = judged(files, folder, timeout)
    assert sorted(record["task"] for record in records) == sorted(path.stem for path in files)
    wrong = {record["task"]: record["failure"] for record in records if record["status"] != "passed"}
    assert not wrong
    assert {record["label"] for record in records} == {"kernel"}


def test_small_solutions_pass_every_facet(tmp_path: Path) -> None:
    assert_all_pass([SOLUTIONS / f"{name}.py" for name in EVERY_RUN], tmp_path, timeout=600)


@pytest.mark.slow
def test_all_solutions_pass_every_facet(tmp_path: Path) -> None:
    assert_all_pass(KERNELS, tmp_path, timeout=7200)
