"""Binomial draws whose numbers of trials are `input & other`; only their distribution is compared.

As documented the bitwise AND counts the trials; the shipped reference draws from `total_count` instead. Here that is
the most that the AND can be, and does not shape the result. Tests reject a right kernel once in 1e9.
"""

from __future__ import annotations

from math import log

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.strategies import booleans, broadcast, choice, tensors

UNLIKELY = log(2 / 1e-9)
"""Negative logarithm of the chance, on one side, that one test rejects a right kernel."""

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)

LAGS = (1, 2, 32, 64, 128, 256, 512, 1024, 2048)
"""Distances at which draws must not depend on each other: neighbours, warps and blocks that reuse an offset."""


def reference(input, other, total_count, probs=None, logits=None):
    import torch

    chance = logits.sigmoid() if probs is None else probs
    counts, chance = torch.broadcast_tensors((input & other).to(chance.dtype), chance)
    return torch.binomial(counts, chance)


def claims(arguments, outputs):
    """Yield what holds of every draw, and what holds of the draws of one call but once in 1e9."""
    import torch

    (draws,) = outputs
    chance = arguments["logits"].sigmoid() if arguments.get("probs") is None else arguments["probs"]
    counts, chance = torch.broadcast_tensors((arguments["input"] & arguments["other"]).double(), chance)
    yield "draws are whole numbers", draws != draws.round(), None
    yield "draws lie between 0 and input & other", ~((draws >= 0) & (draws <= counts)), None
    yield "with probability 0 nothing is drawn", (chance == 0) & (draws != 0), None
    yield "with probability 1 all is drawn", (chance == 1) & (draws != counts), None
    draws, counts, chance = (value.reshape(-1) for value in (draws, counts, chance))
    spread = (counts * chance * (1 - chance)).sum()
    yield "the mean is that of the binomial distribution", unlikely(draws - counts * chance, spread), None
    below = cumulative(counts, chance)
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


def cumulative(counts, chance):
    """Return the probabilities of at most 0, 1, ... successes along a first dimension."""
    import torch

    successes = torch.arange(int(counts.max()) + 1, dtype=counts.dtype)[:, None]
    failures = (counts - successes).clamp(min=0)
    ways = torch.lgamma(counts + 1) - torch.lgamma(successes + 1) - torch.lgamma(failures + 1)
    weights = (ways + torch.xlogy(successes, chance) + torch.xlogy(failures, 1 - chance)).exp()
    below = torch.where(successes <= counts, weights, 0.0).cumsum(0)
    return torch.where(successes >= counts, 1.0, below.clamp(max=1.0))


def unlikely(deviations, variance):
    """Return whether a sum of independent deviations, each at most 1 trial wide, is too far from 0 (Bernstein)."""
    third = UNLIKELY / 3
    return deviations.sum().abs() > third + (third**2 + 2 * UNLIKELY * variance).sqrt() + 1e-6


def cases(draw, given):
    shapes = draw(broadcast(given, 3, 3))
    most = 1 if given.dtype == "bool" else draw(choice(15, 1, 31))
    odds = draw(booleans())
    likely = draw(choice("uniform(0, 1)", "constant(0.5)", "uniform(0, 0.1)", "bernoulli(0.5)"))
    fill = "normal(0, 2)" if odds else likely
    chance = draw(tensors(given, shapes[2], draw(choice("float32", "float64")), fill))
    return Case(
        input=draw(tensors(given, shapes[0], fill=f"integers(0, {most + 1})")),
        other=draw(tensors(given, shapes[1], fill=f"integers(0, {most + 1})")),
        total_count=draw(tensors(given, (1,), fill=f"constant({most})")),
        probs=None if odds else chance,
        logits=chance if odds else None,
    )


def counted(shape, most=15, other=None, probs=None, logits=None, by=None, chance="float32", dtype="int64"):
    """Return the case of a shape of counts up to `most`, and a fill of either probabilities or odds of a shape `by`."""
    return Case(
        input=Tensor(shape, dtype, f"integers(0, {most + 1})"),
        other=Tensor(shape if other is None else other, dtype, f"integers(0, {most + 1})"),
        total_count=Tensor((1,), dtype, f"constant({most})"),
        probs=Tensor(shape if by is None else by, chance, probs) if probs else None,
        logits=Tensor(shape if by is None else by, chance, logits) if logits else None,
    )


task = Task(
    reference,
    cases,
    spine=(
        counted((32, 33), probs="uniform(0, 1)"),
        counted((4, 257), logits="normal(0, 2)"),
        counted((1025,), probs="constant(0.5)", by=()),
        counted((129,), probs="constant(0)"),
        counted((129,), probs="constant(1)"),
        counted((7, 65), probs="bernoulli(0.5)"),
        counted((5, 6, 7), other=(6, 1), probs="uniform(0, 1)", by=(7,)),
        counted((3, 1), other=(1025,), logits="normal(0, 1)", by=(3, 1)),
        counted((2049,), most=1, probs="constant(0.3)", by=(1,)),
        counted((3, 127), most=63, probs="uniform(0, 1)", chance="float64"),
        counted((300,), logits="constant(-3)", chance="float64"),
        counted((1,), probs="constant(0.5)"),
        counted((4099,), probs="constant(0.5)", by=()),
    ),
    dtypes=("int64", "int32", "int16", "int8", "uint8", "bool"),
    contract=Contract(nan=False, inf=False, deterministic=False),
    compare="claims",
    claims=claims,
    workloads={"counts_16m": counted((4096, 4096), probs="uniform(0, 1)", dtype="int32")},
)
