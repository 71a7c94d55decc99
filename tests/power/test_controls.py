"""Right kernels that look unusual must pass every facet."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pytest_kernelbench.judge.correctness.far_cases import BEYOND

LEFT_OUT = "not tried, too slow here: "
"""Beginning of what a record says about a large case that a kernel cannot finish here."""

CONTROLS = sorted(Path(__file__).parent.glob("controls/*__*.py"))


EVERY = 5
"""One in so many controls is judged in every run, the others in slow ones."""


def some(*, every_run: bool) -> list[Path]:
    """Return the controls that are judged in every run, or all others."""
    return [path for index, path in enumerate(CONTROLS) if (index % EVERY == 0) is every_run]


PARAMETERS = [
    *(pytest.param(path.stem, id=path.stem) for path in some(every_run=True)),
    *(pytest.param(path.stem, id=path.stem, marks=pytest.mark.slow) for path in some(every_run=False)),
]


@pytest.fixture(scope="module")
def records(judge: Callable[..., Any]) -> Callable[[str], dict[str, Any]]:
    """Return the record of a control; those of one kind are judged together, when one of them is asked for."""

    @cache
    def judged(every_run: bool) -> dict[str, dict[str, Any]]:
        return judge(some(every_run=every_run), "-n2", "--kb-target=sm_90", "-m", "correctness").by_name()

    quick = {path.stem for path in some(every_run=True)}
    return lambda name: judged(name in quick)[name]


@pytest.mark.parametrize("name", PARAMETERS)
def test_right_kernel_passes(name: str, records: Callable[[str], dict[str, Any]]) -> None:
    record = records(name)
    assert record["status"] == "passed", record["failure"]
    assert set(record["facets"].values()) == {"passed"}
    assert len(record["facets"]) == 7


@pytest.mark.parametrize("name", PARAMETERS)
def test_right_kernel_is_called_a_kernel_and_seen_doing_nothing_else(
    name: str, records: Callable[[str], dict[str, Any]]
) -> None:
    record = records(name)
    assert record["label"] == "kernel"
    assert [text for text in record["observations"] if not text.startswith((LEFT_OUT, BEYOND))] == []
