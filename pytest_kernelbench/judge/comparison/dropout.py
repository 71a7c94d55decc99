"""Results of dropout: each element is kept or dropped, and how often is tested statistically."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.judge.comparison.evidence import Evidence, ExpectedOutput
from pytest_kernelbench.judge.comparison.randomness import FALSE_ALARM, correlated
from pytest_kernelbench.judge.comparison.values import MAX_UNITS, in_tf32, measure
from pytest_kernelbench.judge.comparison.verdict import Verdict, wrong

if TYPE_CHECKING:
    import torch


def dropout(evidence: Evidence, got: Sequence[torch.Tensor]) -> Verdict:
    """Accept results whose elements are each kept or dropped, and dropped with the task's probability.

    The share of dropped elements is tested by Chernoff's bound on the binomial distribution, and draws at short
    distances are tested for correlation. Elements whose two outcomes are within tolerance of each other do not count.
    """
    probability = _drop_probability(evidence)
    grade = "ieee"
    for index, (expected, output) in enumerate(zip(evidence.expected, got, strict=True)):
        kept, dropped, grade = _kept_and_dropped(evidence, index, output, grade)
        if (neither := ~(kept | dropped)).any():
            return wrong(_neither(evidence, index, output, int(neither.reshape(-1).nonzero()[0])))
        draws, distinct = _each_draw(evidence, index, kept, dropped)
        if (torn := distinct & ~draws[0] & ~draws[1]).any():
            return wrong(f"{expected.name}: {_torn(evidence, int(torn.nonzero()[0]))}")
        if (text := _unlikely(draws[1], distinct, probability)) is not None:
            return wrong(f"{expected.name}: {text}")
    return Verdict(grade)


def must_differ(evidence: Evidence) -> bool:
    """Whether two calls with independent draws give the same bits less often than the false-alarm rate."""
    probability = _drop_probability(evidence)
    distinct = (_by_draw(evidence, _distinct(evidence, index)).any(1) for index in range(len(evidence.expected)))
    count = sum(int(each.sum()) for each in distinct)
    return count * math.log(probability**2 + (1 - probability) ** 2) < math.log(FALSE_ALARM)


def _drop_probability(evidence: Evidence) -> float:
    assert evidence.task.drop_probability is not None
    return evidence.task.drop_probability(evidence.case)


def _by_draw(evidence: Evidence, elements: torch.Tensor) -> torch.Tensor:
    """Return a view of a result in which each row holds the elements that one draw decides."""
    together = evidence.task.drops_together
    return elements.reshape(-1, 1 if together is None else together(evidence.case))


def _each_draw(evidence: Evidence, index: int, kept: Any, dropped: Any) -> tuple[tuple[Any, Any], torch.Tensor]:
    """Return of each draw whether its elements are right as kept, and as dropped, and whether the two differ."""
    distinct = _by_draw(evidence, _distinct(evidence, index))
    as_kept, as_dropped = ((_by_draw(evidence, each) | ~distinct).all(1) for each in (kept, dropped))
    return (as_kept, as_dropped), distinct.any(1)


def _torn(evidence: Evidence, draw: int) -> str:
    assert evidence.task.drops_together is not None
    size = evidence.task.drops_together(evidence.case)
    places = f"{draw * size} to {(draw + 1) * size - 1}"
    return f"of elements {places}, which one draw decides, some are kept and some dropped"


def _neither(evidence: Evidence, index: int, output: torch.Tensor, at: int) -> str:
    """Return the message for an element that is neither kept nor dropped; `at` is its flat index."""
    outcomes = (outcome.expected[index].exact.reshape(-1)[at] for outcome in evidence.kept_and_dropped)
    wanted = " or ".join(f"{float(value):.7g}" for value in outcomes)
    name = evidence.expected[index].name
    return f"{name}: element {at} is {output.reshape(-1)[at]:.7g}, wanted {wanted} (kept or dropped)"


def _unlikely(dropped: torch.Tensor, distinct: torch.Tensor, probability: float) -> str | None:
    """Return why the pattern of drops cannot be due to chance; None where it can."""
    count, lost = int(distinct.sum()), int((distinct & dropped).sum())
    if count and count * _divergence(lost / count, probability) > -math.log(FALSE_ALARM / 2):
        return f"{lost} of {count} elements were dropped, at a probability of {probability:g}"
    if not 0 < probability < 1:
        return None
    deviation = (dropped.double() - probability) * distinct / math.sqrt(probability * (1 - probability))
    max_product = max(probability, 1 - probability) / min(probability, 1 - probability)
    if (lag := correlated(deviation.reshape(-1), max_product)) is not None:
        return f"dropping is correlated between elements that are {lag} apart"
    return None


def _distinct(evidence: Evidence, index: int) -> torch.Tensor:
    """Return which elements of an output cannot be right both as kept and as dropped."""
    kept, dropped = (outcome.expected[index] for outcome in evidence.kept_and_dropped)
    units = [measure(o.expected[index], o.expected[index].eager, o.length).unit for o in evidence.kept_and_dropped]
    return (kept.exact - dropped.exact).abs() > 2 * MAX_UNITS * (units[0] + units[1])


def _kept_and_dropped(evidence: Evidence, index: int, output: torch.Tensor, grade: str) -> tuple[Any, Any, str]:
    """Return which elements are right as kept, which as dropped, and the lowest grade so far, this output included."""
    expected = [outcome.expected[index] for outcome in evidence.kept_and_dropped]
    kept, dropped = (_right(*pair, output) for pair in zip(evidence.kept_and_dropped, expected, strict=True))
    if bool((kept | dropped).all()):
        return kept, dropped, grade
    coarse = [each for pair in zip(evidence.kept_and_dropped, expected, strict=True) if (each := in_tf32(*pair))]
    if len(coarse) != len(expected):
        return kept, dropped, grade
    kept, dropped = (_right(*pair, output) for pair in zip(evidence.kept_and_dropped, coarse, strict=True))
    return kept, dropped, "tf32"


def _right(outcome: Evidence, expected: ExpectedOutput, output: torch.Tensor) -> torch.Tensor:
    """Return which elements of an output are within the tolerance of one outcome."""
    return measure(expected, output, outcome.length).units <= MAX_UNITS


def _divergence(share: float, probability: float) -> float:
    """Return the Kullback-Leibler divergence of two Bernoulli distributions, in nats."""
    terms = ((share, probability), (1 - share, 1 - probability))
    return sum(0.0 if a == 0 else math.inf if b == 0 else a * math.log(a / b) for a, b in terms)
