"""Results that are not unique, judged by what must hold of them: backward errors and exact structure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.judge.compare import Mismatch, Verdict, widen
from pytest_kernelbench.judge.oracle import ROUNDOFF, Evidence

if TYPE_CHECKING:
    import torch

MOST_RATIO = 30.0
"""Largest backward error in units of n * eps * norm: the threshold of LAPACK's own tests (LAPACK Working Note 41)."""


def claims(evidence: Evidence, got: Sequence[Any]) -> Verdict:
    """Accept results of which every claim of the task holds.

    A claim (text, error, scale) holds if |error| <= 30 n eps |scale| in the 1-norm, matrix by matrix, with the longest
    side n of the error and the eps of the result's dtype, or if the error is at most three times that of eager's
    results. Without a scale, the error must be zero everywhere.
    """
    import torch

    try:
        theirs = _ratios(evidence, got)
    except torch.linalg.LinAlgError as error:  # type: ignore[attr-defined]
        return _wrong(f"the result cannot be put to the test: {error}")
    eager = dict(_ratios(evidence, [want.eager for want in evidence.wanted]))
    for text, ratio in theirs:
        own = eager.get(text, 0.0)
        most = max(MOST_RATIO, 3 * own if math.isfinite(own) else 0.0)
        if not ratio <= most:
            return _wrong(f"{text}: " + ("not so" if math.isinf(ratio) else f"off by {ratio:.3g}, at most {most:.3g}"))
    return Verdict("ieee")


def _ratios(evidence: Evidence, outputs: Sequence[Any]) -> list[tuple[str, float]]:
    """Return each claim about some outputs with its error in units of n * eps * |scale|."""
    import torch

    assert evidence.task.claims is not None
    eps = 2 * max((ROUNDOFF[want.dtype] for want in evidence.wanted if want.dtype in ROUNDOFF), default=0.0)
    arguments = {
        name: _wide(value) if isinstance(value, torch.Tensor) else value for name, value in evidence.arguments.items()
    }
    made = evidence.task.claims(arguments, [_wide(output) for output in outputs])
    return [(text, _ratio(error, scale, eps)) for text, error, scale in made]


def _wide(value: torch.Tensor) -> torch.Tensor:
    return widen(value) if value.is_floating_point() or value.is_complex() else value


def _ratio(error: torch.Tensor, scale: Any, eps: float) -> float:
    import torch

    if error.numel() == 0:
        return 0.0
    if scale is None:
        return math.inf if bool((error != 0).any()) else 0.0
    unit = max(_matrix(error).shape[-2:]) * eps * _norm(torch.as_tensor(scale))
    ratio = torch.where(_norm(error) == 0, 0.0, _norm(error) / unit)
    return float(torch.nan_to_num(ratio, nan=math.inf).max())


def _norm(value: torch.Tensor) -> torch.Tensor:
    return widen(_matrix(value)).abs().sum(-2).amax(-1)


def _matrix(value: torch.Tensor) -> torch.Tensor:
    return value.reshape(-1, 1) if value.dim() < 2 else value


def _wrong(message: str) -> Verdict:
    return Verdict(None, Mismatch("wrong_values", message))
