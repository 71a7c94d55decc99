"""Provenance: which files are kernels, by what happens without their launches and by who does the work."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.host.answers import Answer
from pytest_kernelbench.judge.correctness.provenance import Provenance, WorkShare, provenance_of
from pytest_kernelbench.judge.correctness.trial import Finding
from pytest_kernelbench.wire.conditions import ORDINARY
from tests.support.judging import ScriptedTrial, task_of

CASES = [Case(x=Tensor((size,))) for size in (5, 50, 500, 5000)]
TASK = task_of(lambda x: x.sin(), CASES[0])


def honest(conditions: Any, x: Any) -> Any:
    """A kernel whose launch writes the result."""
    if conditions.fail_launches:
        raise Finding("runtime_error", "no launch")
    return x * float("nan") if conditions.skip_launches else x.sin()


def counted(touched: int, computed: int) -> Any:
    return lambda conditions: {"launches": 1, "touched": touched, "computed": computed}


def found(function: Any, counts: Any = None, right: bool = True) -> Provenance:
    trial = ScriptedTrial(TASK, function, counts=counts or counted(10, 0))
    trial.examples, trial.launches = 1, 1
    return provenance_of(trial, CASES, right=right)


def test_a_kernel() -> None:
    assert found(honest) == Provenance("kernel", 1.0, ())
    assert not found(honest).rejected


def test_without_launches_pytorch_computes() -> None:
    trial = ScriptedTrial(TASK, honest)
    trial.examples = 1
    provenance = provenance_of(trial, CASES, right=False)
    assert (provenance.label, provenance.share, provenance.rejected) == ("torch_only", 0.0, True)
    assert provenance.reason.startswith("it is labelled torch_only: it launches no Triton kernel: PyTorch computes")
    assert provenance.reason.endswith('; if that is intended, set language = "torch" in submission.toml')


def test_a_wrong_kernel_has_no_label() -> None:
    assert found(lambda conditions, x: x, right=False) == Provenance()


def test_launches_that_are_discarded() -> None:
    def times_zero(conditions: Any, x: Any) -> Any:
        unwritten = {"nan": float("nan"), "big": 1e30}[conditions.poison] if conditions.skip_launches else 1.0
        return x.sin() + 0 * unwritten

    for function in (lambda conditions, x: x.sin(), times_zero):
        provenance = found(function)
        assert (provenance.label, provenance.observations) == ("decoy", ())
        assert "still right when all of them are skipped" in provenance.reason


def test_a_kernel_that_keeps_its_result_is_no_decoy() -> None:
    results: dict[int, Any] = {}

    def keeping(conditions: Any, x: Any) -> Any:
        if not conditions.skip_launches:
            results[len(x)] = x.sin()
        return results.get(len(x), x)

    trial = ScriptedTrial(TASK, keeping, counts=counted(10, 0))
    for case in CASES:
        trial.run(case)
    assert provenance_of(trial, CASES, right=True).label == "kernel"


@pytest.mark.parametrize(
    ("touched", "computed", "label"),
    [(95, 5, "kernel"), (94, 6, "mixed"), (1, 99, "mixed"), (1, 999, "decoy"), (0, 0, "mixed")],
)
def test_the_label_follows_the_share_of_the_work(touched: int, computed: int, label: str) -> None:
    provenance = found(honest, counted(touched, computed))
    assert provenance.label == label
    assert provenance.share == pytest.approx(touched / max(1, touched + computed))
    assert bool(provenance.observations) == (provenance.share < 0.95 and computed > 0)
    if label == "decoy":
        assert "they touch less than 1% of the elements" in provenance.reason


def test_operations_of_pytorch_are_named() -> None:
    (text,) = found(honest, counted(60, 40)).observations
    assert text == "host code touches 40% of the elements, with sin"


def test_a_fallback_on_failing_launches_is_said() -> None:
    def careful(conditions: Any, x: Any) -> Any:
        return x * float("nan") if conditions.skip_launches else x.sin()

    provenance = found(careful)
    assert provenance.label == "kernel"
    assert provenance.observations == ("is right even when every launch fails: it falls back on PyTorch",)


def test_cases_without_launches_are_said() -> None:
    class Gated(ScriptedTrial):
        def ask(self, case: Case, max_bytes: int, conditions: Any = ORDINARY, rewrite: Any = None) -> Answer:
            large = case.x.shape[0] > 1000
            self.counts = {"launches": 0, "computed": 99} if large else {"launches": 1, "touched": 9}
            return super().ask(case, max_bytes, conditions, rewrite)

    trial = Gated(TASK, honest)
    trial.examples, trial.launches = 1, 1
    provenance = provenance_of(trial, CASES, right=True)
    assert provenance.label == "mixed"
    assert provenance.observations[1] == f"launches nothing on 1 of 4 audited cases, such as {CASES[3]!r}"


def test_cases_on_which_the_audit_fails_do_not_count() -> None:
    def failing(conditions: Any, x: Any) -> Any:
        if conditions.audit and len(x) == 5:
            raise Finding("crash", "gone")
        return Answer("runtime_error", "no") if conditions.audit and len(x) == 50 else honest(conditions, x)

    assert found(failing) == Provenance("kernel", 1.0, ())
    assert WorkShare().share == 0.0
