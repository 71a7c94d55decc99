"""Gradients of few elements: what cancels is within the budget, and a missing term is not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.judge.comparison.eager_trials import FEW, with_trials
from pytest_kernelbench.judge.comparison.evidence import Evidence, collect_evidence
from pytest_kernelbench.judge.comparison.values import values as compare_values
from pytest_kernelbench.judge.correctness.gradients import gradient_task
from pytest_kernelbench.judge.correctness.large import TaskKey
from pytest_kernelbench.model.task import Task
from pytest_kernelbench.wire.cotangents import cotangent
from pytest_kernelbench.wire.materialize import materialize

EPS = 1e-6


def rms_norm(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    return x * (x.pow(2).mean(-1, keepdim=True) + EPS).rsqrt() * weight


def rows(count: int, columns: int, seed: int = 0) -> Case:
    return Case(x=Tensor((count, columns), seed=seed), weight=Tensor((columns,), seed=seed + 1))


def backward(case: Case, term: float) -> list[torch.Tensor]:
    """Return the results of a kernel: the formula of the gradient in float32, with a factor of its second term."""
    values = materialize(case).values
    x, weight = values["x"], values["weight"]
    given = cotangent(x, 0, None)
    scale = (x.pow(2).mean(-1, keepdim=True) + EPS).rsqrt()
    moved = given * weight
    inner = (moved * x).sum(-1, keepdim=True) / x.shape[-1]
    dx = scale * moved + scale * (-term * scale * scale * inner * x)
    return [x * scale * weight, dx, (given * x * scale).sum(0)]


def mismatch(case: Case, wrap: Callable[[Evidence], Evidence], term: float = 1.0) -> object:
    task = Task(rms_norm, lambda draw, given: case, fixed_cases=(case,), gradients=("x", "weight"))
    evidence = collect_evidence(gradient_task(TaskKey(task), ("x", "weight"), None, 1), case)
    return compare_values(wrap(evidence), backward(case, term)).mismatch


@pytest.mark.parametrize("seed", [0, 6, 42])
@pytest.mark.parametrize("shape", [(1, 1), (3, 1), (2, 2)])
def test_a_right_formula_that_cancels_is_within_the_budget(shape: tuple[int, int], seed: int) -> None:
    assert mismatch(rows(*shape, seed=seed), with_trials) is None


def test_one_call_of_eager_pytorch_does_not_show_that() -> None:
    assert mismatch(rows(1, 1, seed=6), lambda evidence: evidence) is not None


@pytest.mark.parametrize("shape", [(3, 1), (2, 2), (4, 5)])
def test_a_missing_or_wrong_term_is_found(shape: tuple[int, int]) -> None:
    assert mismatch(rows(*shape), with_trials, term=0.0) is not None
    assert mismatch(rows(*shape), with_trials, term=1.001) is not None


def test_only_results_of_few_elements_are_tried() -> None:
    case = rows(4, FEW)
    task = Task(rms_norm, lambda draw, given: case, fixed_cases=(case,), gradients=("x", "weight"))
    evidence = with_trials(collect_evidence(gradient_task(TaskKey(task), ("x", "weight"), None, 1), case))
    assert [each.eager_error is not None for each in evidence.expected] == [False, False, True]
