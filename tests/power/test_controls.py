"""Right kernels that look unusual must pass every facet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_kernelbench.judge.correctness.far_cases import BEYOND
from tests.power.sampling import chosen, some_in_every_run

LEFT_OUT = "not tried, too slow here: "
"""Beginning of what a record says about a large case that a kernel cannot finish here."""

CONTROLS = sorted(Path(__file__).parent.glob("controls/*__*.py"))


IN_EVERY_RUN = 33
"""One in so many controls is judged in every run."""

PARAMETERS = some_in_every_run((path.stem for path in CONTROLS), IN_EVERY_RUN)


@pytest.fixture(scope="module")
def records(request: pytest.FixtureRequest, judge: Callable[..., Any]) -> dict[str, dict[str, Any]]:
    """Records of the controls whose tests will run."""
    names = set(chosen(request, "name"))
    controls = [path for path in CONTROLS if path.stem in names]
    records: dict[str, dict[str, Any]] = judge(controls, "-n2", "--kb-target=sm_90", "-m", "correctness").by_name()
    return records


@pytest.mark.parametrize("name", PARAMETERS)
def test_right_kernel_passes(name: str, records: dict[str, dict[str, Any]]) -> None:
    record = records[name]
    assert record["status"] == "passed", record["failure"]
    assert set(record["facets"].values()) == {"passed"}
    assert len(record["facets"]) == 7


@pytest.mark.parametrize("name", PARAMETERS)
def test_right_kernel_is_called_a_kernel_and_seen_doing_nothing_else(
    name: str, records: dict[str, dict[str, Any]]
) -> None:
    record = records[name]
    assert record["label"] == "kernel"
    assert [text for text in record["observations"] if not text.startswith((LEFT_OUT, BEYOND))] == []
