"""Comparisons by meaning, for results whose values are not unique: ties, linear solves, random draws, quantisation."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.judge.claims import MOST_RATIO, claims
from pytest_kernelbench.judge.compare import Mismatch, Verdict, widen
from pytest_kernelbench.judge.oracle import ROUNDOFF, Evidence
from pytest_kernelbench.judge.outcomes import outcomes
from pytest_kernelbench.judge.quantised import quantised
from pytest_kernelbench.judge.statistics import FALSE_ALARM, correlated, distance_to_uniform

if TYPE_CHECKING:
    import torch


def gathered(evidence: Evidence, got: Sequence[Any]) -> Verdict:
    """Accept any index of a tied value: the elements at the indices are compared, not the indices."""
    import torch

    first = next(value for value in evidence.arguments.values() if isinstance(value, torch.Tensor))
    dim, keepdim = evidence.arguments.get("dim"), evidence.arguments.get("keepdim", False)
    flat = dim is None or first.dim() == 0
    source = first.reshape(-1) if flat else first
    axis = 0 if dim is None or flat else int(dim)
    for want, index in zip(evidence.wanted, got, strict=True):
        if ((index < 0) | (index >= source.shape[axis])).any():
            return _wrong(f"{want.name}: an index is outside of 0 to {source.shape[axis] - 1}")
        theirs, ours = (_take(source, item, axis, flat, keepdim) for item in (index, want.exact))
        wrong = (theirs != ours) & ~(torch.isnan(theirs) & torch.isnan(ours))
        if wrong.any():
            at = int(wrong.reshape(-1).nonzero()[0])
            pair = f"{index.reshape(-1)[at]} ({theirs.reshape(-1)[at]:.7g})"
            wanted = f"{want.exact.reshape(-1)[at]} ({ours.reshape(-1)[at]:.7g})"
            count = f"{int(wrong.sum())} of {wrong.numel()} indices are wrong"
            return _wrong(f"{want.name}: got index {pair}, wanted {wanted}\n{count}")
    return Verdict("ieee")


def _take(source: torch.Tensor, index: torch.Tensor, axis: int, flat: bool, keepdim: bool) -> torch.Tensor:
    if flat:
        return widen(source[index.reshape(-1)])
    position = index if keepdim else index.unsqueeze(axis)
    return widen(source.gather(axis, position))


def residual(evidence: Evidence, got: Sequence[Any]) -> Verdict:
    """Accept a solution X of A X = B by its backward error; without B, an inverse (B is the identity).

    A and B are the first tensors of the case. The ratio is |A X - B| / ((|A| |X| + |B|) n eps) in the 1-norm, matrix by
    matrix, against 30 or three times eager's.
    """
    import torch

    tensors = [value for value in evidence.arguments.values() if isinstance(value, torch.Tensor)]
    matrix = widen(tensors[0])
    n = matrix.shape[-1]
    right = widen(tensors[1]) if len(tensors) > 1 else torch.eye(n, dtype=matrix.dtype).expand(matrix.shape)
    vector = right.dim() == 1 or right.shape == matrix.shape[:-1]
    for want, solution in zip(evidence.wanted, got, strict=True):
        theirs = _residual_ratio(matrix, right, widen(solution), vector, ROUNDOFF[want.dtype])
        ours = _residual_ratio(matrix, right, widen(want.eager), vector, ROUNDOFF[want.dtype])
        most = max(MOST_RATIO, 3 * ours)
        if not theirs <= most:
            return _wrong(
                f"{want.name}: the residual of A X = B is {theirs:.3g} n eps (|A| |X| + |B|), at most {most:.3g}"
            )
    return Verdict("ieee")


def _residual_ratio(matrix: Any, right: Any, solution: Any, vector: bool, unit: float) -> float:
    import torch

    if solution.numel() == 0:
        return 0.0
    if vector:
        right, solution = right.unsqueeze(-1), solution.unsqueeze(-1)

    def norm(value: Any) -> Any:
        return torch.linalg.matrix_norm(value, ord=1)

    scale = (norm(matrix) * norm(solution) + norm(right)) * max(1, matrix.shape[-1]) * 2 * unit
    ratio = norm(matrix @ solution - right) / torch.clamp(scale, min=1e-300)
    return float(torch.nan_to_num(ratio, nan=math.inf).max())


def random(evidence: Evidence, got: Sequence[Any]) -> Verdict:
    """Accept uniform draws from [0, 1): the range exactly, then the distribution and independence by tests."""
    for want, draws in zip(evidence.wanted, got, strict=True):
        values = widen(draws).reshape(-1)
        if values.numel() and not ((values >= 0) & (values < 1)).all():
            return _wrong(f"{want.name}: draws lie outside of [0, 1)")
        if values.numel() < 64:
            continue
        distance = distance_to_uniform(values)
        most = math.sqrt(-math.log(FALSE_ALARM / 2) / (2 * values.numel())) + ROUNDOFF[want.dtype]
        if distance > most:
            size = f"Kolmogorov-Smirnov distance {distance:.3g}, at most {most:.3g}"
            return _wrong(f"{want.name}: the draws are not uniform: {size}")
        if (lag := correlated((values - 0.5) * math.sqrt(12), 3.0)) is not None:
            return _wrong(f"{want.name}: draws {lag} apart are correlated")
    return Verdict("ieee")


def _wrong(message: str) -> Verdict:
    return Verdict(None, Mismatch("wrong_values", message))


SEMANTICS: Mapping[str, Callable[[Evidence, Sequence[Any]], Verdict]] = {
    "gathered": gathered,
    "residual": residual,
    "random": random,
    "quantised": quantised,
    "claims": claims,
    "outcomes": outcomes,
}
"""What a task may name as `compare` beside `values`."""
