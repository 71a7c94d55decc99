"""Backward passes: wrong ones must fail in the facet `gradients`, right ones must pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_kernelbench import evaluate
from pytest_kernelbench.evaluation.api import Evaluation
from tests.power.gradients.kernels import CONTROLS, FAULTS, with_replaced

TASKS = Path(__file__).parent / "gradients" / "tasks"


def judged(code: str, *facets: str) -> Evaluation:
    return evaluate(code, "row_scale", tasks=TASKS, facets=facets, examples=0, device="interpreter", sandbox="off")


@pytest.mark.parametrize("name", FAULTS)
def test_wrong_backward_passes_fail(name: str) -> None:
    status, replaced = FAULTS[name]
    record = judged(with_replaced(replaced), "gradients").record
    assert (record.status, record.facets) == (status, {"gradients": status}), record.failure
    assert record.failure is not None
    assert record.failure.facet == "gradients"


@pytest.mark.parametrize("name", CONTROLS)
def test_right_backward_passes_pass(name: str) -> None:
    record = judged(with_replaced(CONTROLS[name]), "gradients").record
    assert (record.status, record.facets) == ("passed", {"gradients": "passed"}), record.failure
