"""Right kernels that look unusual must pass every facet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

LEFT_OUT = "not tried, too slow here: "
"""Beginning of what a record says about a large case that a kernel cannot finish here."""

CONTROLS = sorted(Path(__file__).parent.glob("controls/*__*.py"))


@pytest.fixture(scope="module")
def records(judge: Callable[..., Any]) -> dict[str, dict[str, Any]]:
    return judge(CONTROLS, "-n2").by_name()


@pytest.mark.parametrize("name", [path.stem for path in CONTROLS])
def test_right_kernel_passes(name: str, records: dict[str, dict[str, Any]]) -> None:
    record = records[name]
    assert record["status"] == "passed", record["failure"]
    assert set(record["facets"].values()) == {"passed"}
    assert len(record["facets"]) == 7


@pytest.mark.parametrize("name", [path.stem for path in CONTROLS])
def test_right_kernel_is_called_a_kernel_and_seen_doing_nothing_else(
    name: str, records: dict[str, dict[str, Any]]
) -> None:
    assert records[name]["label"] == "kernel"
    assert [text for text in records[name]["observations"] if not text.startswith(LEFT_OUT)] == []
