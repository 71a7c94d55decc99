"""The instruments that all devices share: counts of one call, and the choice of an autotune configuration."""

from __future__ import annotations

import subprocess
import sys
import textwrap

from pytest_kernelbench.devices.instruments import Counts, Instruments
from pytest_kernelbench.wire.conditions import ORDINARY, CallConditions


def test_a_call_starts_with_its_conditions_and_no_counts() -> None:
    instruments = Instruments()
    assert (instruments.conditions, instruments.counts) == (ORDINARY, Counts())
    instruments.counts.launches = 3
    instruments.operations["add"] = 7
    instruments.start(CallConditions(order="reverse"))
    assert instruments.conditions.order == "reverse"
    assert instruments.counts == Counts()
    assert instruments.operations == {}


TUNED = """
import triton, triton.language as tl
from types import SimpleNamespace
from triton.runtime.errors import OutOfResources
from pytest_kernelbench.devices import instruments
from pytest_kernelbench.wire.conditions import CallConditions
state = instruments.Instruments()
instruments.patch_autotuner(state)
ran = []

class Fn:
    arg_names = ["x", "BLOCK"]
    def run(self, *args, BLOCK, num_warps=4, **rest):
        ran.append(BLOCK)
        if BLOCK == 64:
            raise OutOfResources(1, 0, "shared memory")

tuner = triton.runtime.autotuner.Autotuner.__new__(triton.runtime.autotuner.Autotuner)
tuner.fn, tuner.arg_names = Fn(), Fn.arg_names
tuner.configs = [triton.Config({"BLOCK": size}) for size in (64, 32, 16)]
tuner.early_config_prune = tuner.perf_model = None
tuner.run(1)
state.start(CallConditions(config=2))
tuner.run(1)
state.start(CallConditions(config=0))
tuner.run(1)
assert ran == [64, 32, 16, 64, 32], ran
assert state.counts.configs == 3
tuner.configs = tuner.configs[:1]
try:
    tuner.run(1)
except OutOfResources:
    print("refused")
"""


def test_a_configuration_without_room_gives_way_to_the_next() -> None:
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(TUNED)], capture_output=True, text=True, check=False)
    assert done.stdout == "refused\n", done.stderr
