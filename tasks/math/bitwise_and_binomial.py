"""Binomial draws with `input & other` trials each; only their distribution is compared.

As documented, the bitwise AND counts the trials; the shipped reference draws from `total_count` instead. In the cases
`total_count` is the largest possible AND and does not affect the result. A test rejects a right kernel once in 1e9.
"""

from __future__ import annotations

from math import log

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.authoring.strategies import booleans, broadcast, choice, tensors

UNLIKELY = log(2 / 1e-9)
"""Negative logarithm of the one-sided probability that a test rejects a right kernel."""

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)

LAGS = (1, 2, 32, 64, 128, 256, 512, 1024, 2048)
"""Distances at which draws must be independent: those of neighbours, warps and blocks that reuse an offset."""


def reference(input, other, total_count, probs=None, logits=None):
    import torch

    probability = logits.sigmoid() if probs is None else probs
    counts, probability = torch.broadcast_tensors((input & other).to(probability.dtype), probability)
    return torch.binomial(counts, probability)


def properties(arguments, outputs):
    """Yield what holds for every draw, and what holds for the draws of a call except once in 1e9 calls."""
    import torch

    (draws,) = outputs
    probability = arguments["logits"].sigmoid() if arguments.get("probs") is None else arguments["probs"]
    counts, probability = torch.broadcast_tensors((arguments["input"] & arguments["other"]).double(), probability)
    yield "draws are whole numbers", draws != draws.round(), None
    yield "draws lie between 0 and input & other", ~((draws >= 0) & (draws <= counts)), None
    yield "with probability 0 nothing is drawn", (probability == 0) & (draws != 0), None
    yield "with probability 1 all is drawn", (probability == 1) & (draws != counts), None
    draws, counts, probability = (value.reshape(-1) for value in (draws, counts, probability))
    spread = (counts * probability * (1 - probability)).sum()
    yield "the mean is that of the binomial distribution", unlikely(draws - counts * probability, spread), None
    below = cumulative(counts, probability)
    for quantile in QUANTILES:
        at = (below < quantile).sum(0)
        share = below.gather(0, at[None])[0]
        surprise = (draws <= at).double() - share
        text = f"the {quantile} quantile is that of the binomial distribution"
        yield text, unlikely(surprise, (share * (1 - share)).sum()), None
        for lag in LAGS if quantile == 0.5 else ():
            pairs = surprise[:-lag] * surprise[lag:]
            variance = (surprise[:-lag] ** 2 * (share * (1 - share))[lag:]).sum()
            yield f"draws {lag} apart do not depend on each other", unlikely(pairs, variance), None


def cumulative(counts, probability):
    """Return the cumulative probabilities of 0, 1, ... successes along a new first dimension."""
    import torch

    successes = torch.arange(int(counts.max()) + 1, dtype=counts.dtype)[:, None]
    failures = (counts - successes).clamp(min=0)
    ways = torch.lgamma(counts + 1) - torch.lgamma(successes + 1) - torch.lgamma(failures + 1)
    weights = (ways + torch.xlogy(successes, probability) + torch.xlogy(failures, 1 - probability)).exp()
    below = torch.where(successes <= counts, weights, 0.0).cumsum(0)
    return torch.where(successes >= counts, 1.0, below.clamp(max=1.0))


def unlikely(deviations, variance):
    """Return whether a sum of independent deviations, each at most 1 per trial, is too far from 0 (Bernstein)."""
    third = UNLIKELY / 3
    return deviations.sum().abs() > third + (third**2 + 2 * UNLIKELY * variance).sqrt() + 1e-6


def cases(draw, given):
    shapes = draw(broadcast(given, 3, 3))
    largest = 1 if given.dtype == "bool" else draw(choice(15, 1, 31))
    odds = draw(booleans())
    likely = draw(choice("uniform(0, 1)", "constant(0.5)", "uniform(0, 0.1)", "bernoulli(0.5)"))
    fill = "normal(0, 2)" if odds else likely
    probability = draw(tensors(given, shapes[2], draw(choice("float32", "float64")), fill))
    return Case(
        input=draw(tensors(given, shapes[0], fill=f"integers(0, {largest + 1})")),
        other=draw(tensors(given, shapes[1], fill=f"integers(0, {largest + 1})")),
        total_count=draw(tensors(given, (1,), fill=f"constant({largest})")),
        probs=None if odds else probability,
        logits=probability if odds else None,
    )


def counted(shape, largest=15, other=None, probs=None, logits=None, by=None, probability="float32", dtype="int64"):
    """Return the case of counts up to `largest`, and a fill of either probabilities or logits of the shape `by`."""
    return Case(
        input=Tensor(shape, dtype, f"integers(0, {largest + 1})"),
        other=Tensor(shape if other is None else other, dtype, f"integers(0, {largest + 1})"),
        total_count=Tensor((1,), dtype, f"constant({largest})"),
        probs=Tensor(shape if by is None else by, probability, probs) if probs else None,
        logits=Tensor(shape if by is None else by, probability, logits) if logits else None,
    )


task = Task(
    reference,
    cases,
    fixed_cases=(
        counted((32, 33), probs="uniform(0, 1)"),
        counted((4, 257), logits="normal(0, 2)"),
        counted((1025,), probs="constant(0.5)", by=()),
        counted((129,), probs="constant(0)"),
        counted((129,), probs="constant(1)"),
        counted((7, 65), probs="bernoulli(0.5)"),
        counted((5, 6, 7), other=(6, 1), probs="uniform(0, 1)", by=(7,)),
        counted((3, 1), other=(1025,), logits="normal(0, 1)", by=(3, 1)),
        counted((2049,), largest=1, probs="constant(0.3)", by=(1,)),
        counted((3, 127), largest=63, probs="uniform(0, 1)", probability="float64"),
        counted((300,), logits="constant(-3)", probability="float64"),
        counted((1,), probs="constant(0.5)"),
        counted((), other=(129,), logits="normal(0, 1)", by=()),
        counted((33, 7), other=(), probs="uniform(0, 1)"),
        counted((4099,), probs="constant(0.5)", by=()),
    ),
    dtypes=("int64", "int32", "int16", "int8", "uint8", "bool"),
    contract=Contract(nan=False, inf=False, deterministic=False),
    compare="properties",
    properties=properties,
    workloads={"counts_16m": counted((4096, 4096), probs="uniform(0, 1)", dtype="int32")},
)
