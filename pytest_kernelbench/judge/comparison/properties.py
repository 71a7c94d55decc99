"""Results that are not unique, such as decompositions, judged by their properties: backward errors and structure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.judge.comparison.evidence import Evidence
from pytest_kernelbench.judge.comparison.perturbations import ROUNDOFF
from pytest_kernelbench.judge.comparison.verdict import Verdict, widen, wrong

if TYPE_CHECKING:
    import torch

MAX_RATIO = 30.0
"""Largest backward error, in units of n eps norm: the threshold of LAPACK's own tests (LAPACK Working Note 41)."""


def properties(evidence: Evidence, got: Sequence[torch.Tensor]) -> Verdict:
    """Accept results that have every property of the task.

    A property (text, error, scale) holds if |error| <= 30 n eps |scale| in the 1-norm, for each matrix of a batch,
    where n is the longer side of the error and eps that of the result's dtype; or if the error is at most three times
    that of eager PyTorch's results. A property whose scale is None holds if the error is zero everywhere.
    """
    import torch

    try:
        ratios = _ratios(evidence, got)
    except torch.linalg.LinAlgError as error:  # type: ignore[attr-defined]
        return wrong(f"the properties of the result cannot be computed: {error}")
    eager_ratios = dict(_ratios(evidence, [expected.eager for expected in evidence.expected]))
    for text, ratio in ratios:
        eager_ratio = eager_ratios.get(text, 0.0)
        limit = max(MAX_RATIO, 3 * eager_ratio if math.isfinite(eager_ratio) else 0.0)
        if not ratio <= limit:
            how = "does not hold" if math.isinf(ratio) else f"off by {ratio:.3g} n eps, at most {limit:.3g}"
            return wrong(f"{text}: {how}")
    return Verdict("ieee")


def _ratios(evidence: Evidence, outputs: Sequence[torch.Tensor]) -> list[tuple[str, float]]:
    """Return the text of each property with its error, in units of n eps |scale|."""
    import torch

    assert evidence.task.properties is not None
    eps = 2 * max((ROUNDOFF[each.dtype] for each in evidence.expected if each.dtype in ROUNDOFF), default=0.0)
    arguments = {
        name: _wide(value) if isinstance(value, torch.Tensor) else value for name, value in evidence.arguments.items()
    }
    found = evidence.task.properties(arguments, [_wide(output) for output in outputs])
    return [(text, _ratio(error, scale, eps)) for text, error, scale in found]


def _wide(value: torch.Tensor) -> torch.Tensor:
    """Return floating-point values in double precision; integers and bools keep their dtype."""
    return widen(value) if value.is_floating_point() or value.is_complex() else value


def _ratio(error: torch.Tensor, scale: Any, eps: float) -> float:
    """Return the largest error of a batch in units of n eps |scale|; infinite for NaN, and without a scale unless 0."""
    import torch

    if error.numel() == 0:
        return 0.0
    if scale is None:
        return math.inf if bool((error != 0).any()) else 0.0
    unit = max(_matrix(error).shape[-2:]) * eps * _norm(torch.as_tensor(scale))
    ratio = torch.where(_norm(error) == 0, 0.0, _norm(error) / unit)
    return float(torch.nan_to_num(ratio, nan=math.inf).max())


def _norm(value: torch.Tensor) -> torch.Tensor:
    """Return the 1-norm of each matrix."""
    return widen(_matrix(value)).abs().sum(-2).amax(-1)


def _matrix(value: torch.Tensor) -> torch.Tensor:
    """Return a vector as a column and a number as a 1 x 1 matrix."""
    return value.reshape(-1, 1) if value.dim() < 2 else value
