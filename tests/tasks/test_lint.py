"""Every task can find faults: results depend on all inputs, trivial answers fail, and workloads are large."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace as with_fields
from functools import cache
from typing import TYPE_CHECKING

import pytest

from pytest_kernelbench import Case, Task
from pytest_kernelbench.judge.comparison.compare import compare
from pytest_kernelbench.judge.comparison.evidence import Evidence, ExpectedOutput, collect_evidence
from pytest_kernelbench.judge.correctness.facets import reseeded
from pytest_kernelbench.judge.speed.flops_and_bytes import flops_and_bytes
from pytest_kernelbench.model.case import leaves, map_tensors
from pytest_kernelbench.model.catalogue import Catalogue
from tests.support.soundness import output

if TYPE_CHECKING:
    import torch

CATALOGUE = Catalogue.find()
TASKS = sorted(CATALOGUE.names())

MAX_BYTES = 24 << 30

WITHOUT_EFFECT = {
    ("bitwise_and_binomial", "total_count"): "the bitwise AND counts the trials",
    ("tanh", "out_tensor"): "the result is written to it",
}
"""Tensor arguments on which no result depends, each with the reason."""

RIGHT_TRICKS = {("fused_svd_reconstruct", "first input"): "the product of a decomposition is the matrix"}
"""Trivial answers that are right, each with the reason."""


@cache
def evidence(name: str, case: Case) -> Evidence:
    return collect_evidence(CATALOGUE.load(name), case)


def results(name: str, case: Case) -> list[torch.Tensor]:
    return [each.eager for each in evidence(name, case).expected]


def same(left: list[torch.Tensor], right: list[torch.Tensor]) -> bool:
    import torch

    pairs = zip(left, right, strict=False)
    return all(a.shape == b.shape and torch.equal(torch.nan_to_num(a), torch.nan_to_num(b)) for a, b in pairs)


@pytest.mark.parametrize("name", TASKS)
def test_results_are_not_constant(name: str) -> None:
    task = CATALOGUE.load(name)
    found = [result.reshape(-1) for case in task.fixed_cases for result in results(name, case) if result.numel() > 1]
    assert any((result[1:] != result[0]).any() for result in found) or not found


@pytest.mark.parametrize("name", TASKS)
def test_results_depend_on_the_seed_and_on_every_input(name: str) -> None:
    task = CATALOGUE.load(name)
    arguments = {path.partition("[")[0] for case in task.fixed_cases for path, _ in leaves(case)}
    without_effect = {argument for argument in arguments if not _depends_on(task, name, argument)}
    assert without_effect == {argument for task_name, argument in WITHOUT_EFFECT if task_name == name}
    if arguments:
        assert any(not same(results(name, case), results(name, reseeded(case, 1))) for case in task.fixed_cases)


def _depends_on(task: Task, name: str, argument: str) -> bool:
    """Whether some result of the fixed cases changes when this argument alone does."""
    for case in task.fixed_cases:
        if argument in case.arguments:
            other = map_tensors(
                case,
                lambda path, recipe: (
                    with_fields(recipe, seed=recipe.seed + 9) if path.partition("[")[0] == argument else recipe
                ),
            )
            if other != case and not same(results(name, case), results(name, other)):
                return True
    return False


@pytest.mark.parametrize("name", TASKS)
def test_trivial_answers_fail(name: str) -> None:
    task = CATALOGUE.load(name)
    passed = set()
    for trick in ("zeros", "ones", "first input", "mean"):
        if all(_accepted(name, case, trick) for case in task.fixed_cases):
            passed.add((name, trick))
    assert passed == {known for known in RIGHT_TRICKS if known[0] == name}


def _accepted(name: str, case: Case, trick: str) -> bool:
    found = evidence(name, case)
    answers = [output(_trivial(found, each, trick)) for each in found.expected]
    return compare(found, answers).mismatch is None


def _trivial(found: Evidence, expected: ExpectedOutput, trick: str) -> torch.Tensor:
    import torch

    eager = expected.eager
    if trick == "first input":
        for tensor in _tensors(found):
            if tensor.shape == eager.shape:
                return tensor.to(eager.dtype)
        return torch.zeros_like(eager)
    if trick == "mean":
        # The mean of a single number is the right answer.
        if eager.numel() == 1:
            return torch.zeros_like(eager)
        wide = eager.to(torch.complex128 if eager.is_complex() else torch.float64)
        return wide.mean().expand(eager.shape).to(eager.dtype) if eager.numel() else eager
    return torch.zeros_like(eager) if trick == "zeros" else torch.ones_like(eager)


def _tensors(found: Evidence) -> Iterator[torch.Tensor]:
    import torch
    from torch.utils._pytree import tree_leaves

    return (leaf for leaf in tree_leaves(dict(found.arguments)) if isinstance(leaf, torch.Tensor))


@pytest.mark.parametrize("name", TASKS)
def test_workloads_are_larger_than_the_plainest_case(name: str) -> None:
    task = CATALOGUE.load(name)
    assert 1 <= len(task.workloads) <= 3
    plainest = flops_and_bytes(task, task.fixed_cases[0])
    for case in task.workloads.values():
        found = flops_and_bytes(task, case)
        assert found.moved_bytes <= MAX_BYTES
        assert found.moved_bytes > 100 * plainest.moved_bytes
        assert found.flops > plainest.flops or plainest.flops == 0
