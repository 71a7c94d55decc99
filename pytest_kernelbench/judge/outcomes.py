"""Results of dropout: each element is one of two outcomes, and chance decides which."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.judge.compare import MOST_UNITS, Mismatch, Verdict, in_tf32, measure
from pytest_kernelbench.judge.oracle import Evidence, Wanted
from pytest_kernelbench.judge.statistics import FALSE_ALARM, correlated

if TYPE_CHECKING:
    import torch


def outcomes(evidence: Evidence, got: Sequence[Any]) -> Verdict:
    """Accept results whose elements are each what keeping or dropping it gives, as often as the chance says.

    The share of dropped elements is tested by Chernoff's bound on the binomial distribution, and draws at short
    distances for correlation. Only elements that either outcome tells apart count, whatever the result is.
    """
    chance = _chance(evidence)
    grade = "ieee"
    for index, (want, output) in enumerate(zip(evidence.wanted, got, strict=True)):
        kept, dropped, grade = _either(evidence, index, output, grade)
        if (neither := ~(kept | dropped)).any():
            at = int(neither.reshape(-1).nonzero()[0])
            here = " or ".join(f"{float(o.wanted[index].exact.reshape(-1)[at]):.7g}" for o in evidence.outcomes)
            value = f"{output.reshape(-1)[at]:.7g}"
            return _wrong(f"{want.name}: element {at} is {value}, wanted {here} (kept or dropped)")
        told = _told(evidence, index)
        count, lost = int(told.sum()), int((told & dropped).sum())
        if count and count * _divergence(lost / count, chance) > -math.log(FALSE_ALARM / 2):
            return _wrong(f"{want.name}: {lost} of {count} elements were dropped, at a probability of {chance:g}")
        if 0 < chance < 1:
            deviation = (dropped.double() - chance) * told / math.sqrt(chance * (1 - chance))
            most = max(chance, 1 - chance) / min(chance, 1 - chance)
            if (lag := correlated(deviation.reshape(-1), most)) is not None:
                return _wrong(f"{want.name}: what is dropped {lag} elements apart is correlated")
    return Verdict(grade)


def must_differ(evidence: Evidence) -> bool:
    """Whether two calls, each with draws of its own, give the same bits no more often than the false-alarm rate."""
    chance = _chance(evidence)
    told = sum(int(_told(evidence, index).sum()) for index in range(len(evidence.wanted)))
    return told * math.log(chance**2 + (1 - chance) ** 2) < math.log(FALSE_ALARM)


def _told(evidence: Evidence, index: int) -> torch.Tensor:
    """Return which elements no result can have that is right both for kept and for dropped."""
    kept, dropped = (outcome.wanted[index] for outcome in evidence.outcomes)
    units = [measure(o.wanted[index], o.wanted[index].eager, o.length).unit for o in evidence.outcomes]
    return (kept.exact - dropped.exact).abs() > 2 * MOST_UNITS * (units[0] + units[1])


def _chance(evidence: Evidence) -> float:
    assert evidence.task.chance is not None
    return evidence.task.chance(evidence.case)


def _either(evidence: Evidence, index: int, output: torch.Tensor, grade: str) -> tuple[Any, Any, str]:
    """Return which elements are right if kept, which if dropped, and the grade that this takes."""
    wanted = [outcome.wanted[index] for outcome in evidence.outcomes]
    kept, dropped = (_right(*pair, output) for pair in zip(evidence.outcomes, wanted, strict=True))
    if bool((kept | dropped).all()):
        return kept, dropped, grade
    coarse = [in_tf32(*pair) for pair in zip(evidence.outcomes, wanted, strict=True)]
    if not all(coarse):
        return kept, dropped, grade
    kept, dropped = (_right(o, want, output) for o, want in zip(evidence.outcomes, coarse, strict=True) if want)
    return kept, dropped, "tf32"


def _right(outcome: Evidence, want: Wanted, output: torch.Tensor) -> torch.Tensor:
    """Return which elements are as they are in an outcome."""
    return measure(want, output, outcome.length).units <= MOST_UNITS


def _divergence(share: float, chance: float) -> float:
    """Return the Kullback-Leibler divergence of two coins."""
    terms = ((share, chance), (1 - share, 1 - chance))
    return sum(0.0 if a == 0 else math.inf if b == 0 else a * math.log(a / b) for a, b in terms)


def _wrong(message: str) -> Verdict:
    return Verdict(None, Mismatch("wrong_values", message))
