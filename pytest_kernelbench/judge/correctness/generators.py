"""Calls with a random generator: equal states give equal draws, and other states give other draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kernelbench.judge.correctness.case_trial import CaseTrial
from pytest_kernelbench.judge.correctness.trial import Finding
from pytest_kernelbench.model.case import Case, Generator, replace

if TYPE_CHECKING:
    from pytest_kernelbench.host.answers import Answer

MAX_EQUAL_DRAWS = 8
"""Elements of a random result up to which two calls may give the same bits by chance."""


def another_generator(case: Case) -> Case | None:
    """Return the case with another seed of each random generator; None if it has no generator."""
    seeds = {name: value.seed for name, value in case.arguments.items() if isinstance(value, Generator)}
    return replace(case, **{name: Generator(seed + 1) for name, seed in seeds.items()}) if seeds else None


def seeded(trial: CaseTrial, case: Case, other: Case) -> None:
    """Require the same bits of two generators in the same state, and other bits of another state."""
    first = trial.run(case)
    if contents(first) != contents(trial.run(case)):
        raise Finding("contract", "two generators with the same seed gave different draws", case)
    if sum(output.tensor.numel() for output in first.outputs if output.tensor is not None) <= MAX_EQUAL_DRAWS:
        return
    if contents(first) == contents(trial.run(other)):
        raise Finding("contract", "two generators with different seeds gave the same draws", case)
    if contents(first) == contents(trial.run(case, rewrite=case)):
        raise Finding("contract", "a second call with the same generator gave the same draws", case)


def contents(answer: Answer) -> list[bytes]:
    """Return the bytes of every output."""
    import torch

    tensors = [output.tensor for output in answer.outputs if output.tensor is not None]
    return [tensor.reshape(-1).view(torch.uint8).numpy().tobytes() for tensor in tensors if tensor.numel()]
