"""The CPU seconds of judging, by part and by mechanism: both tables have all of them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "cost_by_part.py"


@pytest.mark.slow
def test_both_tables_add_up_to_the_whole() -> None:
    command = [sys.executable, str(SCRIPT), "--only", "relu"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    head, parts, mechanisms = run.stdout.rsplit("\n\n", 2)
    (total,) = re.findall(r"1 kernels, \d+ cases, ([\d.]+) CPU seconds", head)
    for table in (parts, mechanisms):
        seconds = [float(found) for found in re.findall(r"([\d.]+) s ", table)]
        assert sum(seconds) == pytest.approx(float(total), abs=0.06 * len(seconds))
    assert "launch: programs" in parts
    assert "work done by others" in mechanisms
