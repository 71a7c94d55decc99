"""What a session says before it times anything."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_kernelbench.evaluation.plan import speed_plan

PLAN = {"workloads": 30, "kernels": 20, "device": "cpu", "timeout": 120.0, "workers": 0, "waits": None}


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "30 workloads of 20 kernels, one after the other on a device: about 6 min, at most 60 min"),
        ({"workloads": 1}, "on a device: about 12 s, at most 2 min"),
        ({"workloads": 1, "kernels": 1}, ": 1 workload of 1 kernel, one after"),
        ({"device": "cuda:h100", "workloads": 270, "workers": 8}, "about 6 min, at most 68 min"),
        ({"device": "cuda:h100", "workloads": 2700}, "about 7.5 h, at most 90.0 h"),
    ],
)  # fmt: skip
def test_how_much_and_how_long(changes: dict[str, Any], text: str) -> None:
    found = speed_plan(**{**PLAN, **changes})
    assert text in found
    assert found.endswith("(--kb-timeout)")


def test_what_it_waits_for() -> None:
    found = speed_plan(**{**PLAN, "waits": "/cache/GPU-1.lock"})  # type: ignore[arg-type]
    assert found.endswith("; another session is timing on this device now, so that they wait for /cache/GPU-1.lock")
