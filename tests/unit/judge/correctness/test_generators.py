"""Random generators as arguments: equal states, other states, and a state that moves on."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_kernelbench import Case, Contract, Generator
from pytest_kernelbench.judge.correctness import checks
from pytest_kernelbench.judge.correctness.generators import another_generator
from pytest_kernelbench.judge.correctness.trial import Finding
from tests.support.judging import ScriptedTrial, task_of

CASE = Case(size=(40,), generator=Generator(7))


def rand(size, generator=None, requires_grad=False):
    import torch

    return torch.rand(size, generator=generator, requires_grad=requires_grad)


TASK = task_of(rand, CASE, compare="random", contract=Contract(nan=False, inf=False, deterministic=False))


def trial_of(function: Any) -> ScriptedTrial:
    return ScriptedTrial(TASK, lambda conditions, size, generator=None, **rest: function(size, generator, **rest))


def test_another_generator_has_another_seed() -> None:
    assert another_generator(CASE) == Case(size=(40,), generator=Generator(8))
    assert another_generator(Case(size=(40,))) is None


def test_draws_from_the_generator_are_accepted() -> None:
    trial = trial_of(rand)
    checks.contract(trial, CASE)
    assert trial.violation is None


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda size, generator: rand(size), "two generators with the same seed gave different draws"),
        (lambda size, generator: rand(size, fixed()), "two generators with different seeds gave the same draws"),
        (
            lambda size, generator: rand(size, copy(generator)),
            "a second call with the same generator gave the same draws",
        ),
    ],
)
def test_draws_that_do_not_follow_the_generator(function: Any, message: str) -> None:
    with pytest.raises(Finding) as caught:
        checks.contract(trial_of(function), CASE)
    assert (caught.value.status, caught.value.message) == ("contract", message)


def fixed() -> Any:
    import torch

    return torch.Generator().manual_seed(1)


def copy(generator: Any) -> Any:
    import torch

    other = torch.Generator()
    other.set_state(generator.get_state())
    return other


def test_few_draws_may_be_equal_by_chance() -> None:
    checks.contract(trial_of(lambda size, generator: rand(size, fixed())), Case(size=(3,), generator=Generator(7)))


@pytest.mark.parametrize("asked", [True, False])
def test_a_result_that_requires_no_gradients_on_demand_is_a_breach(asked: bool) -> None:
    trial = trial_of(lambda size, generator=None, requires_grad=False: rand(size, generator))
    trial.run(Case(size=(40,), requires_grad=asked))
    assert (trial.violation is not None) is asked
