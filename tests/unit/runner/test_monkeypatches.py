"""Replaced functions and settings, in a process of their own."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

CHANGES = {
    "time.perf_counter = time.monotonic": ("replaces time.perf_counter", "clocks"),
    "torch.cuda.Event.elapsed_time = lambda *rest: 0.0": ("replaces Event.elapsed_time", "clocks"),
    "torch.cuda.synchronize = lambda *rest: None": ("replaces torch.cuda.synchronize", "clocks"),
    "torch.cuda.empty_cache = lambda *rest: None": ("replaces torch.cuda.empty_cache", ""),
    "triton.testing.do_bench = len": ("replaces triton.testing.do_bench", "clocks"),
    "triton.runtime.autotuner.Autotuner.run = len": ("replaces Autotuner.run", "launches"),
    "torch.testing.assert_close = print": ("replaces torch.testing.assert_close", ""),
    "torch.equal = lambda a, b: True": ("replaces torch.equal", ""),
    "del statistics.median": ("replaces statistics.median", ""),
    "torch.set_default_dtype(torch.float64)": ("sets torch's default dtype to torch.float64", ""),
    "torch.use_deterministic_algorithms(True)": ("sets deterministic algorithms to True", ""),
    "torch.set_float32_matmul_precision('medium')": ("sets the precision of float32 products to medium", ""),
    "torch.set_flush_denormal(True)": ("sets flushing of denormals to True", ""),
}
"""What a kernel may do, and how that is told."""

HARMLESS = ("torch.manual_seed(3)", "torch.ones(2) == 1", "time._private = 3")

SCRIPT = """
import json, statistics, sys, time, torch, triton
from pytest_kernelbench.runner.monkeypatches import State

told = {}
for line in json.loads(sys.argv[1]):
    before = State()
    assert list(before.changes()) == []
    exec(line)
    told[line] = list(before.changes())
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def told() -> dict[str, list[list[str]]]:
    """What is told of each line."""
    command = [sys.executable, "-c", SCRIPT, json.dumps([*CHANGES, *HARMLESS])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)  # type: ignore[no-any-return]


@pytest.mark.parametrize("line", CHANGES)
def test_a_change_is_told_with_the_rule_that_it_breaks(line: str, told: dict[str, list[list[str]]]) -> None:
    assert list(CHANGES[line]) in told[line]


@pytest.mark.parametrize("line", HARMLESS)
def test_using_functions_and_adding_private_names_is_no_change(line: str, told: dict[str, list[list[str]]]) -> None:
    assert told[line] == []
