"""Kernels that deceive their judge about speed do not pass; right ones get the verdict that their work deserves."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent / "timing"

pytestmark = pytest.mark.slow

HOSTILE = {
    "background": ("rejected", "wrong_values"),
    "cached_by_pointer": ("wrong_values",),
    "elsewhere": ("rejected",),
    "headless": ("rejected",),
    "helpers": ("rejected",),
    "other_process": ("rejected", "load_error"),
    "patched_clocks": ("rejected",),
    "patched_timer": ("rejected",),
    "sampled": ("wrong_values",),
    "stale": ("wrong_values",),
    "stale_in_a_row": ("wrong_values",),
    "standing_clock": ("rejected",),
}
"""The status that each deserves; results of a thread may or may not be there when they are looked at."""

CONTROLS = {
    "one_pass": ("faster",),
    "remembering": ("slower", "unclear"),
    "same": ("same", "unclear"),
    "twice": ("slower",),
}
"""The verdict of each; a noisy machine may leave two equal ones open, and never calls one of them faster."""


@pytest.fixture(scope="module")
def records(judge: Callable[..., Any]) -> dict[str, dict[str, Any]]:
    kernels = sorted(HERE.glob("hostile/*.py")) + sorted(HERE.glob("controls/*.py"))
    session = judge(kernels, "--kb-device=cpu", f"--kb-tasks={HERE / 'tasks'}", "-m", "speed", language="torch")
    return {name.partition("__")[0]: record for name, record in session.by_name().items()}


@pytest.mark.parametrize("name", HOSTILE)
def test_deceivers_do_not_pass(name: str, records: dict[str, Any]) -> None:
    if name == "elsewhere" and os.cpu_count() == 1:
        pytest.skip("there is one processor, and so nowhere else")
    assert records[name]["status"] in HOSTILE[name], records[name]
    assert records[name]["verdict"] is None
    assert records[name]["failure"]["message"]


@pytest.mark.parametrize("name", CONTROLS)
def test_right_kernels_get_their_verdict(name: str, records: dict[str, Any]) -> None:
    record = records[name]
    assert (record["status"], record["kind"], record["workload"]) == ("passed", "speed", "small"), record["failure"]
    assert record["verdict"] in CONTROLS[name], record
    low, high = record["interval"]
    assert low <= record["ratio"] <= high
    assert len(record["samples"]["kernel"]) == len(record["samples"]["baseline"]) >= 2 * record["blocks"]


def test_every_kernel_is_expected_somewhere() -> None:
    names = {path.stem.partition("__")[0] for path in HERE.glob("*/*.py")}
    assert names == {*HOSTILE, *CONTROLS}
