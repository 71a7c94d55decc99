"""Comparisons by meaning for results that are not unique: indices of tied values, and solutions of linear systems."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pytest_kernelbench.judge.comparison.evidence import Evidence
from pytest_kernelbench.judge.comparison.perturbations import ROUNDOFF
from pytest_kernelbench.judge.comparison.properties import MAX_RATIO
from pytest_kernelbench.judge.comparison.verdict import Verdict, widen, wrong

if TYPE_CHECKING:
    import torch


def gathered(evidence: Evidence, got: Sequence[torch.Tensor]) -> Verdict:
    """Accept any index of a tied value: the values at the indices are compared, not the indices."""
    import torch

    first = next(value for value in evidence.arguments.values() if isinstance(value, torch.Tensor))
    dim, keepdim = evidence.arguments.get("dim"), evidence.arguments.get("keepdim", False)
    flat = dim is None or first.dim() == 0
    source = first.reshape(-1) if flat else first
    axis = 0 if dim is None or flat else int(dim)
    for expected, index in zip(evidence.expected, got, strict=True):
        if ((index < 0) | (index >= source.shape[axis])).any():
            return wrong(f"{expected.name}: an index is outside of 0 to {source.shape[axis] - 1}")
        found, right = (_take(source, item, axis, flat, keepdim) for item in (index, expected.exact))
        differ = (found != right) & ~(torch.isnan(found) & torch.isnan(right))
        if differ.any():
            at = int(differ.reshape(-1).nonzero()[0])
            pair = f"{index.reshape(-1)[at]} ({found.reshape(-1)[at]:.7g})"
            wanted = f"{expected.exact.reshape(-1)[at]} ({right.reshape(-1)[at]:.7g})"
            count = f"{int(differ.sum())} of {differ.numel()} indices are wrong"
            return wrong(f"{expected.name}: got index {pair}, wanted {wanted}\n{count}")
    return Verdict("ieee")


def _take(source: torch.Tensor, index: torch.Tensor, axis: int, flat: bool, keepdim: bool) -> torch.Tensor:
    """Return the values at the indices, in double precision."""
    if flat:
        return widen(source[index.reshape(-1)])
    position = index if keepdim else index.unsqueeze(axis)
    return widen(source.gather(axis, position))


def residual(evidence: Evidence, got: Sequence[torch.Tensor]) -> Verdict:
    """Accept a solution X of A X = B by its backward error; without B, an inverse (B is the identity).

    A and B are the first tensors of the case. The ratio |A X - B| / ((|A| |X| + |B|) n eps) in the 1-norm, for each
    matrix of a batch, may be at most 30 or three times that of eager PyTorch's solution.
    """
    import torch

    tensors = [value for value in evidence.arguments.values() if isinstance(value, torch.Tensor)]
    matrix = widen(tensors[0])
    n = matrix.shape[-1]
    identity = torch.eye(n, dtype=matrix.dtype, device=matrix.device)
    right = widen(tensors[1]) if len(tensors) > 1 else identity.expand(matrix.shape)
    vector = right.dim() == 1 or right.shape == matrix.shape[:-1]
    for expected, solution in zip(evidence.expected, got, strict=True):
        unit = ROUNDOFF[expected.dtype]
        ratio = _residual_ratio(matrix, right, widen(solution), vector, unit)
        limit = max(MAX_RATIO, 3 * _residual_ratio(matrix, right, widen(expected.eager), vector, unit))
        if not ratio <= limit:
            size = f"{ratio:.3g} n eps (|A| |X| + |B|), at most {limit:.3g}"
            return wrong(f"{expected.name}: the residual of A X = B is {size}")
    return Verdict("ieee")


def _residual_ratio(
    matrix: torch.Tensor, right: torch.Tensor, solution: torch.Tensor, vector: bool, unit: float
) -> float:
    """Return the largest backward error of a batch in units of n eps, where eps is twice the unit roundoff."""
    import torch

    if solution.numel() == 0:
        return 0.0
    if vector:
        right, solution = right.unsqueeze(-1), solution.unsqueeze(-1)

    def norm(value: torch.Tensor) -> torch.Tensor:
        norms: torch.Tensor = torch.linalg.matrix_norm(value, ord=1)
        return norms

    scale = (norm(matrix) * norm(solution) + norm(right)) * max(1, matrix.shape[-1]) * 2 * unit
    ratio = norm(matrix @ solution - right) / torch.clamp(scale, min=1e-300)
    return float(torch.nan_to_num(ratio, nan=math.inf).max())
