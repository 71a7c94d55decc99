"""Sixty kernels, hostile ones among them, in one session: each gets its status, and nothing is left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SOAK = Path(__file__).parents[2] / "benchmarks" / "soak.py"


@pytest.mark.slow
def test_a_small_soak() -> None:
    pytest.importorskip("psutil")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, str(SOAK), "60", "--json"], env=kept, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert sum(told["statuses"].values()) == 60
    assert told["statuses"].keys() == {
        "passed", "wrong_values", "refused", "runtime_error", "load_error", "crash", "timeout",
    }  # fmt: skip
    assert (told["lost"], told["unexpected"], told["processes"], told["files"]) == (0, {}, [], [])
