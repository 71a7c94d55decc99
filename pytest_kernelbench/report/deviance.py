"""Explained deviance: how much of correctness the category of a task explains, and how much the method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.report.metrics import LEVEL, RESAMPLES, SEED, passing
from pytest_kernelbench.report.results import Results, Variant

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_MAX_STEPS = 60
"""Maximum number of steps of the fit; in a category without successes, each reduces the error by a factor of e."""
_MAX_STEP = 5.0
"""Largest change of a coefficient in one step, so that the first steps cannot overshoot."""
_DAMPING = 1e-9
"""Added to the diagonal, for coefficients that diverge; it changes the steps, but not the limit."""
_TOLERANCE = 1e-12
"""Relative change of the deviance at which the fit has converged."""


@dataclass(frozen=True, slots=True)
class Explained:
    """The share of the null deviance that one factor explains; for 0/1 data McFadden's R squared."""

    df: int
    """Degrees of freedom: the number of levels minus 1; a factor with more of them explains more by chance."""
    first: float
    """Share explained by this factor alone."""
    last: float
    """Share that this factor adds to the other one."""
    mean: float
    """Mean of `first` and `last`: the Shapley value, also known as LMG."""
    chance: float
    """Mean of the same share over permutations, in which the factor has no effect."""
    adjusted: float
    """`mean` minus `chance`."""
    p: float
    """p-value: the probability that a permutation explains at least as much."""
    low: float
    """Low end of the interval of `adjusted`."""
    high: float
    """High end of the interval of `adjusted`."""


@dataclass(frozen=True, slots=True)
class Deviance:
    """The deviance of correctness that category and method explain."""

    category: Explained
    method: Explained
    both: float
    """Share that the two factors explain together."""
    null: float
    """Null deviance: -2 times the log likelihood of a model with one rate for all kernels."""
    tasks: int
    """Number of tasks."""
    methods: int
    """Number of methods."""
    resamples: int
    """Number of permutations, and number of bootstrap resamples."""


def right_by_method(results: Results, variants: Sequence[Variant], demand: str = "all") -> dict[str, list[bool]]:
    """Return for every task whether the kernel of each variant is right; an absent kernel is not."""
    right = [passing(results.correctness(variant), demand) for variant in variants]
    return {task: [task in each for each in right] for task in results.tasks}


def explained_deviance(
    right: Mapping[str, Sequence[bool]], categories: Mapping[str, str], *, resamples: int = RESAMPLES
) -> Deviance:
    """Return the deviance of correctness that category and method explain, by logistic regression without interaction.

    `right` has for each task whether each method solved it, with the methods in the same order everywhere. Permutations
    give the share that is explained by chance: categories are permuted over tasks, and methods within each task, which
    keeps the difficulty of the task. The interval resamples tasks, because verdicts on one task are not independent. It
    is the basic bootstrap interval, 2 x mean - quantile, cut off at 0; percentiles would lie too high, because
    resampling adds as much chance as the data contain.

    Sources: McCullagh and Nelder, Generalized Linear Models (1989), 4.4; Lindeman, Merenda and Gold, Introduction to
    Bivariate and Multivariate Analysis (1980), for the mean over orders; Davison and Hinkley, Bootstrap Methods and
    their Application (1997), 5.2. Raises `KernelBenchError` where there is nothing to explain.
    """
    import numpy as np

    tasks = sorted(right)
    names = sorted({categories[task] for task in tasks})
    table = np.array([right[task] for task in tasks], dtype=float)  # (task, method)
    if table.ndim != 2 or table.shape[1] < 2 or len(names) < 2 or table.min() == table.max():
        raise KernelBenchError("deviance needs two methods, two categories, and both right and wrong kernels")
    group = np.array([names.index(categories[task]) for task in tasks])
    count, methods = table.shape
    random = np.random.default_rng(SEED)

    def shares(tables: Array, groups: NDArray[np.intp]) -> Array:
        return _shares(*_cells(tables, groups, len(names)))

    first_category, first_method, both = map(float, shares(table[None], group[None])[:, 0])
    same = np.broadcast_to(table, (resamples, count, methods))
    regrouped = _means(shares(same, random.permuted(np.broadcast_to(group, (resamples, count)), axis=1)))
    shuffled = _means(shares(random.permuted(same, axis=2), np.broadcast_to(group, (resamples, count))))
    drawn = random.integers(count, size=(resamples, count))
    again = _means(shares(table[drawn], group[drawn]))

    def explained(df: int, first: float, other: float, chance: Array, drawn: Array) -> Explained:
        mean = (first + both - other) / 2
        p = (1 + np.count_nonzero(chance >= mean - _TOLERANCE)) / (1 + resamples)
        ends = 2 * mean - np.quantile(drawn, [(1 + LEVEL) / 2, (1 - LEVEL) / 2])
        low, high = np.clip(ends, 0, 1)
        by_chance = float(chance.mean())
        return Explained(df, first, both - other, mean, by_chance, mean - by_chance, float(p), float(low), float(high))

    return Deviance(
        category=explained(len(names) - 1, first_category, first_method, regrouped[0], again[0]),
        method=explained(methods - 1, first_method, first_category, shuffled[1], again[1]),
        both=both, null=float(_saturated(np.array(table.sum()), np.array(table.size))), tasks=count, methods=methods,
        resamples=resamples,
    )  # fmt: skip


def _means(shares: Array) -> tuple[Array, Array]:
    """Return the mean over both orders of the shares of category and method."""
    category, method, both = shares
    return (category + both - method) / 2, (method + both - category) / 2


def _cells(tables: Array, groups: NDArray[np.intp], categories: int) -> tuple[Array, Array]:
    """Return the successes (sample, category, method) and tasks (sample, category) in tables (sample, task, method)."""
    import numpy as np

    member = (groups[:, None, :] == np.arange(categories)[:, None]).astype(float)
    return member @ tables, member.sum(axis=2)


def _shares(successes: Array, tasks: Array) -> Array:
    """Return the shares of the null deviance that category, method and both explain, (3, sample)."""
    import numpy as np

    methods = successes.shape[2]
    null = _saturated(successes.sum(axis=(1, 2)), methods * tasks.sum(axis=1))
    left = [
        _saturated(successes.sum(axis=2), methods * tasks).sum(axis=1),
        _saturated(successes.sum(axis=1), tasks.sum(axis=1)[:, None]).sum(axis=1),
        _additive(successes, tasks),
    ]
    # In a resample where all verdicts are equal, there is nothing to explain.
    return np.stack([1 - np.divide(each, null, out=np.ones_like(null), where=null > _TOLERANCE) for each in left])


def _saturated(successes: Array, trials: Array) -> Array:
    """Return the deviance of 0/1 data with a separate rate for each cell, where 0 ln 0 is 0."""
    import numpy as np

    def term(some: Array) -> Array:
        return some * np.log(np.where(some > 0, some, 1) / np.where(trials > 0, trials, 1))

    return -2 * (term(np.asarray(successes)) + term(np.asarray(trials - successes)))


def _additive(successes: Array, tasks: Array) -> Array:
    """Return the deviance of a logistic regression on category and method, fitted by Newton's method (IRLS).

    All samples are fitted at once. The rows of a cell are equal, so sums over cells suffice, and the Hessian is made of
    the cells' weights.
    """
    import numpy as np

    samples, categories, methods = successes.shape
    trials = np.broadcast_to(tasks[:, :, None], successes.shape)
    size = categories + methods - 1  # the last method is the reference level
    coefficients = np.zeros((samples, size))
    deviance = np.full(samples, np.inf)
    diagonal = np.arange(size)
    for _ in range(_MAX_STEPS):
        method = np.pad(coefficients[:, categories:], ((0, 0), (0, 1)))
        predictor = coefficients[:, :categories, None] + method[:, None, :]
        before, deviance = deviance, 2 * (trials * np.logaddexp(0, predictor) - successes * predictor).sum(axis=(1, 2))
        if np.all(np.abs(before - deviance) <= _TOLERANCE * (1 + deviance)):
            break
        rate = 1 / (1 + np.exp(-predictor))
        rest, weight = successes - trials * rate, trials * rate * (1 - rate)
        gradient = np.concatenate([rest.sum(axis=2), rest.sum(axis=1)[:, :-1]], axis=1)
        second = np.zeros((samples, size, size))
        second[:, :categories, categories:] = weight[:, :, :-1]
        second[:, categories:, :categories] = weight[:, :, :-1].transpose(0, 2, 1)
        second[:, diagonal, diagonal] = _DAMPING + np.concatenate(
            [weight.sum(axis=2), weight.sum(axis=1)[:, :-1]], axis=1
        )
        step = np.linalg.solve(second, gradient[:, :, None])[:, :, 0]
        coefficients = coefficients + np.clip(step, -_MAX_STEP, _MAX_STEP)
    return deviance
