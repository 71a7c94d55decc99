"""Errors of eager PyTorch beside a case: what its arithmetic loses there, where a result has too few elements to tell.

A gradient is often the small difference of large terms. Inputs that are moved by one rounding move all terms alike, and
show nothing of what the terms lose; eager's own result on a few elements may be exact by luck.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.judge.comparison.evidence import Evidence, ExpectedOutput, run_reference
from pytest_kernelbench.judge.comparison.perturbations import ROUNDOFF, exact_value

if TYPE_CHECKING:
    import torch

TRIALS = 12
"""Neighbouring inputs on which eager PyTorch is tried."""

FEW = 256
"""Elements of the largest result whose errors are tried; more of them show eager's error by themselves."""

STEPS = 8
"""Distance of the neighbouring inputs, in roundings."""


def with_trials(evidence: Evidence) -> Evidence:
    """Return the evidence with eager's largest error on neighbouring inputs, for each result of a few elements."""
    import torch

    few = [each.name for each in evidence.expected if 0 < each.exact.numel() <= FEW and each.eager.is_floating_point()]
    if not few:
        return evidence
    generator = torch.Generator().manual_seed(0)
    found: dict[str, torch.Tensor] = {}
    for _ in range(TRIALS):
        try:
            errors = _errors(evidence, few, generator)
        except Exception:  # the reference does not take the neighbours: its inputs must add up to 1, for instance
            return evidence
        found = {name: torch.maximum(found[name], error) if found else error for name, error in errors.items()}
    return replace(evidence, expected=tuple(_with_error(each, found.get(each.name)) for each in evidence.expected))


def _with_error(expected: ExpectedOutput, error: torch.Tensor | None) -> ExpectedOutput:
    same = error is not None and error.shape == expected.exact.shape
    return replace(expected, eager_error=error) if same else expected


def _errors(evidence: Evidence, names: Sequence[str], generator: torch.Generator) -> dict[str, torch.Tensor]:
    """Return the error of each element of eager's results on inputs near those of the case."""
    import torch

    def near(value: Any) -> Any:
        if isinstance(value, torch.dtype) or not value.is_floating_point():
            return value if isinstance(value, torch.dtype) else value.clone()
        unit = STEPS * ROUNDOFF.get(str(value.dtype).removeprefix("torch."), 0.0)
        noise = torch.rand(value.shape, generator=generator, dtype=torch.float64).mul_(2).sub_(1)
        return (value.double() * noise.mul_(unit).add_(1)).to(value.dtype)

    state = generator.get_state()
    eager = run_reference(evidence.task, evidence.arguments, near)
    generator.set_state(state)
    exact = run_reference(evidence.task, evidence.arguments, lambda value: exact_value(near(value)))
    return {name: torch.nan_to_num((eager[name].double() - exact[name]).abs(), nan=0.0, posinf=0.0) for name in names}
