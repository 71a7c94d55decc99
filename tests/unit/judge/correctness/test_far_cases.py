"""Cases whose rows lie far apart: only a wrong result shows that a kernel counts elements in 32 bits."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.judge.correctness import checks, far_cases
from pytest_kernelbench.judge.correctness.trial import Finding

CASE = Case(x=Tensor((4, 5), layout="far"))


def observed(monkeypatch: pytest.MonkeyPatch, status: str | None, *, breaks: bool = False) -> list[str]:
    """Return what is noted of a kernel for which a call ends with a status, or breaks the contract."""
    trial = SimpleNamespace(violation=None, observed={}, task=SimpleNamespace(table=None))

    def check(trial: Any, case: Case) -> None:
        if breaks:
            trial.violation = Finding("contract", "reads outside of all tensors", case)
        if status is not None:
            raise Finding(status, "no", case)

    monkeypatch.setitem(checks.CHECKS, "layouts", check)
    far_cases.attempt_far(cast(Any, trial), "layouts", CASE)
    assert trial.violation is None
    return list(trial.observed)


@pytest.mark.parametrize("status", ["wrong_values", "contract"])
def test_a_wrong_result_is_noted(status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert observed(monkeypatch, status) == [far_cases.BEYOND]


def test_an_access_outside_of_all_tensors_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert observed(monkeypatch, None, breaks=True) == [far_cases.BEYOND]


@pytest.mark.parametrize("status", [None, "timeout", "runtime_error", "refused", "unsupported", "crash"])
def test_anything_else_says_nothing_about_it(status: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert observed(monkeypatch, status) == []
