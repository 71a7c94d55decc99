"""Results of dropout: each element is one of two outcomes, and chance decides which."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.judge.compare import MOST_UNITS, Mismatch, Verdict, measure
from pytest_kernelbench.judge.oracle import Evidence
from pytest_kernelbench.judge.statistics import FALSE_ALARM, correlated

if TYPE_CHECKING:
    import torch


def outcomes(evidence: Evidence, got: Sequence[Any]) -> Verdict:
    """Accept results whose elements are each what keeping or dropping it gives, as often as the chance says.

    The share of dropped elements is tested by Chernoff's bound on the binomial distribution, and draws at short
    distances for correlation.
    """
    chance = _chance(evidence)
    for name, (kept, dropped), output in zip(_names(evidence), _either(evidence, got), got, strict=True):
        if (neither := ~(kept | dropped)).any():
            at = int(neither.reshape(-1).nonzero()[0])
            here = " or ".join(f"{each:.7g}" for each in _values_at(evidence, name, at))
            return _wrong(f"{name}: element {at} is {output.reshape(-1)[at]:.7g}, wanted {here} (kept or dropped)")
        told = kept ^ dropped
        count, lost = int(told.sum()), int((told & dropped).sum())
        if count and count * _divergence(lost / count, chance) > -math.log(FALSE_ALARM / 2):
            return _wrong(f"{name}: {lost} of {count} elements were dropped, at a probability of {chance:g}")
        if 0.1 <= chance <= 0.9:
            deviation = (dropped.double() - chance) * told / math.sqrt(chance * (1 - chance))
            if (lag := correlated(deviation.reshape(-1))) is not None:
                return _wrong(f"{name}: what is dropped {lag} elements apart is correlated")
    return Verdict("ieee")


def must_differ(evidence: Evidence, got: Sequence[Any]) -> bool:
    """Whether a second call, with draws of its own, would give the same bits with no more than the false-alarm rate."""
    chance = _chance(evidence)
    told = sum(int((kept ^ dropped).sum()) for kept, dropped in _either(evidence, got))
    return told * math.log(chance**2 + (1 - chance) ** 2) < math.log(FALSE_ALARM)


def _chance(evidence: Evidence) -> float:
    assert evidence.task.chance is not None
    return evidence.task.chance(evidence.case)


def _names(evidence: Evidence) -> list[str]:
    return [want.name for want in evidence.wanted]


def _either(evidence: Evidence, got: Sequence[Any]) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Yield, by output, which elements are right if kept, and which if dropped."""
    for index, output in enumerate(got):
        kept, dropped = (_right(outcome, index, output) for outcome in evidence.outcomes)
        yield kept, dropped


def _right(outcome: Evidence, index: int, output: torch.Tensor) -> torch.Tensor:
    return measure(outcome.wanted[index], output, outcome.length).units <= MOST_UNITS


def _values_at(evidence: Evidence, name: str, at: int) -> Iterator[float]:
    for outcome in evidence.outcomes:
        yield next(float(want.exact.reshape(-1)[at]) for want in outcome.wanted if want.name == name)


def _divergence(share: float, chance: float) -> float:
    """Return the Kullback-Leibler divergence of two coins."""
    terms = ((share, chance), (1 - share, 1 - chance))
    return sum(0.0 if a == 0 else math.inf if b == 0 else a * math.log(a / b) for a, b in terms)


def _wrong(message: str) -> Verdict:
    return Verdict(None, Mismatch("wrong_values", message))
