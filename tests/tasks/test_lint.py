"""Whether a task can tell anything: results that hang on all inputs, trivial answers that fail, workloads that grow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace as with_fields
from functools import cache
from typing import TYPE_CHECKING

import pytest
from soundness import output

from pytest_kernelbench import Case, Task
from pytest_kernelbench.judge import oracle
from pytest_kernelbench.judge.compare import compare
from pytest_kernelbench.judge.facets import reseeded
from pytest_kernelbench.judge.work import work
from pytest_kernelbench.model.case import leaves, map_tensors
from pytest_kernelbench.model.catalogue import Catalogue

if TYPE_CHECKING:
    import torch

CATALOGUE = Catalogue.find()
TASKS = sorted(CATALOGUE.names())

MOST_BYTES = 24 << 30

WITHOUT_EFFECT = {
    ("bitwise_and_binomial", "total_count"): "the counts are those of the conjunction",
    ("tanh", "out_tensor"): "the result is written there",
}
"""Tensor arguments on which no result hangs, each with the reason."""

RIGHT_TRICKS = {("fused_svd_reconstruct", "first input"): "the product of a decomposition is the matrix again"}
"""Trivial answers that are right, each with the reason."""


@cache
def evidence(name: str, case: Case) -> oracle.Evidence:
    return oracle.evaluate(CATALOGUE.load(name), case)


def results(name: str, case: Case) -> list[torch.Tensor]:
    return [want.eager for want in evidence(name, case).wanted]


def same(left: list[torch.Tensor], right: list[torch.Tensor]) -> bool:
    import torch

    pairs = zip(left, right, strict=False)
    return all(a.shape == b.shape and torch.equal(torch.nan_to_num(a), torch.nan_to_num(b)) for a, b in pairs)


@pytest.mark.parametrize("name", TASKS)
def test_results_are_not_constant(name: str) -> None:
    task = CATALOGUE.load(name)
    found = [result.reshape(-1) for case in task.spine for result in results(name, case) if result.numel() > 1]
    assert any((result[1:] != result[0]).any() for result in found) or not found


@pytest.mark.parametrize("name", TASKS)
def test_results_hang_on_the_seed_and_on_every_input(name: str) -> None:
    task = CATALOGUE.load(name)
    arguments = {path.partition("[")[0] for case in task.spine for path, _ in leaves(case)}
    without_effect = {argument for argument in arguments if not _hangs_on(task, name, argument)}
    assert without_effect == {argument for task_name, argument in WITHOUT_EFFECT if task_name == name}
    if arguments:
        assert any(not same(results(name, case), results(name, reseeded(case, 1))) for case in task.spine)


def _hangs_on(task: Task, name: str, argument: str) -> bool:
    """Whether some result of the spine changes when this argument alone does."""
    for case in task.spine:
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
        if all(_accepted(name, case, trick) for case in task.spine):
            passed.add((name, trick))
    assert passed == {known for known in RIGHT_TRICKS if known[0] == name}


def _accepted(name: str, case: Case, trick: str) -> bool:
    found = evidence(name, case)
    answers = [output(_trivial(found, want, trick)) for want in found.wanted]
    return compare(found, answers).mismatch is None


def _trivial(found: oracle.Evidence, want: oracle.Wanted, trick: str) -> torch.Tensor:
    import torch

    eager = want.eager
    if trick == "first input":
        for tensor in _tensors(found):
            if tensor.shape == eager.shape:
                return tensor.to(eager.dtype)
        return torch.zeros_like(eager)
    if trick == "mean":
        # Of a single number the mean is the answer.
        if eager.numel() == 1:
            return torch.zeros_like(eager)
        wide = eager.to(torch.complex128 if eager.is_complex() else torch.float64)
        return wide.mean().expand(eager.shape).to(eager.dtype) if eager.numel() else eager
    return torch.zeros_like(eager) if trick == "zeros" else torch.ones_like(eager)


def _tensors(found: oracle.Evidence) -> Iterator[torch.Tensor]:
    import torch
    from torch.utils._pytree import tree_leaves

    return (leaf for leaf in tree_leaves(dict(found.arguments)) if isinstance(leaf, torch.Tensor))


@pytest.mark.parametrize("name", TASKS)
def test_workloads_can_be_made_and_are_more_work_than_the_plainest_case(name: str) -> None:
    task = CATALOGUE.load(name)
    assert 1 <= len(task.workloads) <= 3
    least = work(task, task.spine[0])
    for case in task.workloads.values():
        found = work(task, case)
        assert found.moved_bytes <= MOST_BYTES
        assert found.moved_bytes > 100 * least.moved_bytes
        assert found.flops > least.flops or least.flops == 0
