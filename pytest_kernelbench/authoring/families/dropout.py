"""Dropout: each element is dropped, or kept and scaled by 1 / (1 - p)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.authoring.families.contracts import RANDOM
from pytest_kernelbench.model.case import Case, replace
from pytest_kernelbench.model.task import Contract, Draw, DrawRequest, Task

if TYPE_CHECKING:
    import torch

RARE = 0.0012
"""A rate of drops that random numbers of eight bits or fewer cannot have: they give 1 in 256 at least, or none."""


def scale_of_kept(like: torch.Tensor, p: float, training: bool = True) -> torch.Tensor:
    """Return 1 / (1 - p), by which kept elements are scaled, rounded to the dtype of the mask as eager PyTorch does."""
    return like.new_tensor(1 / (1 - p) if training and p < 1 else 1)


def dropout_task(
    reference: Callable[..., Any],
    cases: Callable[[Draw, DrawRequest], Case],
    fixed_cases: tuple[Case, ...],
    kept: Callable[..., Any],
    dropped: Callable[..., Any],
    *,
    probability: tuple[str, float] = ("p", 0.5),
    many_draws: Case | None = None,
    value_cases: tuple[Case, ...] = (),
    contract: Contract = RANDOM,
    **rest: Any,
) -> Task:
    """Task whose result is compared with what keeping and what dropping everything gives.

    `kept` and `dropped` compute these and have the signature of the reference. `probability` names the argument that is
    the probability of a drop, with its default. `many_draws` is a case of so many draws that a probability which is off
    by a sixteenth cannot be due to chance; it is tried with its own probability and with a rare one.
    """
    name, default = probability

    def drop_probability(case: Case) -> float:
        given: float = case.arguments.get(name, default)
        return given if case.arguments.get("training", True) else 0.0

    return Task(
        reference,
        cases,
        fixed_cases,
        contract=contract,
        compare="dropout",
        dropout=(kept, dropped),
        drop_probability=drop_probability,
        value_cases=value_cases
        if many_draws is None
        else (*value_cases, many_draws, replace(many_draws, **{name: RARE})),
        **rest,
    )
