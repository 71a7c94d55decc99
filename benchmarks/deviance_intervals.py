"""Measure how often intervals of explained deviance contain the true value: percentile against basic bootstrap.

    python benchmarks/deviance_intervals.py [--sets=150]

Verdicts on 176 tasks in 15 categories by 5 methods are simulated, with known effects of category, method and task; the
true value is that of infinitely many tasks. A 95 % interval should contain it in 95 % of the simulations.
"""

from __future__ import annotations

import argparse

import numpy as np

from pytest_kernelbench.model.catalogue import CATEGORIES
from pytest_kernelbench.report.deviance import _cells, _means, _shares

METHODS = 5
RESAMPLES = 300
EFFECTS = ((0, 0, 1.5), (0.7, 0.4, 1.5), (0.7, 0.4, 0), (1.5, 0.6, 1.0))
"""Standard deviations, in logits, between categories, between methods and between tasks."""


def main() -> None:
    """Print the true value, the mean estimate and the coverage, for category and for method."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=int, default=150, help="simulated sets of verdicts for each row")
    sets = parser.parse_args().sets
    group = np.repeat(np.arange(len(CATEGORIES)), list(CATEGORIES.values()))
    print("effects (category, method, task)   true value   mean estimate   percentile   basic")
    for seed, effects in enumerate(EFFECTS):
        for factor, line in zip(("category", "method"), _covered(seed, effects, group, sets), strict=True):
            true, estimate, percentile, basic = line
            print(f"{effects!s:<22}{factor:<12}{true:>10.4f}{estimate:>15.4f}{percentile:>14.0%}{basic:>9.0%}")


def _covered(seed: int, effects: tuple[float, float, float], group: np.ndarray, sets: int) -> np.ndarray:
    """Return true value, mean estimate and coverage of both intervals: one row for category, one for method."""
    random = np.random.default_rng(seed)
    categories, count = int(group.max()) + 1, len(group)
    of_category, of_method = random.normal(-0.5, effects[0], categories), random.normal(0, effects[1], METHODS)
    logits = of_category[:, None] + of_method
    population = random.normal(0, effects[2], 20_000)
    rates = (1 / (1 + np.exp(-(logits[:, :, None] + population)))).mean(axis=2)
    sizes = np.bincount(group).astype(float)
    true = np.array(_means(_shares((rates * sizes[:, None])[None], sizes[None])))[:, 0].clip(0)
    estimates, held = [], np.zeros((2, 2))
    for _ in range(sets):
        hard = random.normal(0, effects[2], count)[:, None]
        table = (random.random((count, METHODS)) < 1 / (1 + np.exp(-(logits[group] + hard)))).astype(float)
        found = np.array(_means(_shares(*_cells(table[None], group[None], categories))))[:, 0]
        drawn = random.integers(count, size=(RESAMPLES, count))
        low, high = np.quantile(
            np.array(_means(_shares(*_cells(table[drawn], group[drawn], categories)))), [0.025, 0.975], axis=1
        )
        held[0] += (low <= true) & (true <= high)
        held[1] += (np.clip(2 * found - high, 0, 1) <= true) & (true <= np.clip(2 * found - low, 0, 1))
        estimates.append(found)
    return np.stack([true, np.mean(estimates, axis=0), *(held / sets)]).T


if __name__ == "__main__":
    main()
