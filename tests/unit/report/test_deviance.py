"""Explained deviance; statsmodels is the oracle, live where it is installed, and pinned."""

from __future__ import annotations

import random

import pytest

from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.report.deviance import Deviance, explained_deviance, right_by_method
from pytest_kernelbench.report.results import Variant
from tests.support.records import TASKS, correctness, results

METHODS = 5


def drawn(seed: int, category: float, method: float, task: float) -> dict[str, list[bool]]:
    """Return verdicts whose chances differ by category, method and task, and none on quantisation."""
    draw = random.Random(seed)
    of_category = {name: draw.gauss(0.4, category) for name in sorted(set(TASKS.values()))}
    of_method = [draw.gauss(0, method) for _ in range(METHODS)]
    right = {}
    for name, group in TASKS.items():
        hard = draw.gauss(0, task)
        right[name] = [group != "Quantization" and draw.gauss(0, 1) < of_category[group] + each + hard
                       for each in of_method]  # fmt: skip
    return right


def fractions(found: Deviance) -> list[float]:
    return [found.category.first, found.method.first, found.both, found.null]


PINNED = [
    [0.11986950599778723, 0.056462338876876905, 0.18653636122800832, 1215.2803804446035],
    [0.11261983463029412, 0.012530246671117018, 0.1271981381823758, 1169.3385846454332],
    [0.06891311772056885, 0.01280899014505843, 0.08284710326291889, 1219.86630951099],
]
"""statsmodels 0.15.0, GLM with the binomial family: shares of category, method and both, and the null deviance."""


@pytest.mark.parametrize(("seed", "expected"), [*enumerate(PINNED)])
def test_shares_are_those_of_statsmodels(seed: int, expected: list[float]) -> None:
    found = explained_deviance(drawn(seed, 0.6, 0.3, seed), TASKS, resamples=10)
    assert fractions(found) == pytest.approx(expected, rel=1e-9)
    assert (found.tasks, found.methods, found.category.df, found.method.df) == (176, METHODS, 14, 4)


def test_shares_against_statsmodels_where_it_is_installed() -> None:
    linear = pytest.importorskip("statsmodels.api")
    import numpy as np

    groups = sorted(set(TASKS.values()))
    for seed in range(3, 6):
        right = drawn(seed, 1.5, 0.5, 0.5)
        rows = [(groups.index(TASKS[name]), method, each) for name in TASKS for method, each in enumerate(right[name])]
        group, method, wanted = (np.array(column) for column in zip(*rows, strict=True))
        factors = [(group[:, None] == np.arange(1, 15)), (method[:, None] == np.arange(1, METHODS))]

        def deviance(*chosen: object, wanted: object = wanted) -> float:
            design = np.hstack([np.ones((len(wanted), 1)), *chosen]).astype(float)
            family = linear.families.Binomial()
            return float(linear.GLM(wanted, design, family=family).fit(maxiter=200, tol=1e-12).deviance)

        null = deviance()
        expected = [1 - deviance(*chosen) / null for chosen in (factors[:1], factors[1:], factors)]
        assert fractions(explained_deviance(right, TASKS, resamples=10)) == pytest.approx([*expected, null], rel=1e-9)


def test_the_mean_over_orders_adds_up() -> None:
    found = explained_deviance(drawn(1, 0.6, 0.3, 1), TASKS, resamples=10)
    assert found.category.mean + found.method.mean == pytest.approx(found.both)
    for one, other in ((found.category, found.method), (found.method, found.category)):
        assert one.last == pytest.approx(found.both - other.first)
        assert one.mean == pytest.approx((one.first + one.last) / 2)
        assert one.adjusted == pytest.approx(one.mean - one.chance)


def test_what_means_nothing_explains_something_by_chance_and_the_more_the_more_levels() -> None:
    found = explained_deviance(drawn(7, 0, 0, 1), {name: str(i % 15) for i, name in enumerate(TASKS)}, resamples=400)
    assert found.category.mean > 0.01
    assert found.category.chance > 4 * found.method.chance > 0
    assert abs(found.category.adjusted) < 0.02
    assert min(found.category.p, found.method.p) > 0.02
    assert found.category.low == 0


def test_what_means_much_is_found() -> None:
    found = explained_deviance(drawn(2, 2.0, 1.0, 0.3), TASKS, resamples=400)
    assert found.category.p == found.method.p == pytest.approx(1 / 401)
    assert 0.1 < found.category.low < found.category.adjusted < found.category.high
    assert 0.02 < found.method.low < found.method.adjusted < found.method.high


def test_the_same_verdicts_give_the_same_figures() -> None:
    right = drawn(3, 0.6, 0.3, 1)
    assert explained_deviance(right, TASKS, resamples=50) == explained_deviance(right, TASKS, resamples=50)


def test_a_single_right_kernel_is_enough() -> None:
    right = {name: [name == "Math_0", False] for name in TASKS}
    found = explained_deviance(right, TASKS, resamples=50)
    assert 0 < found.method.first < found.both < 1


@pytest.mark.parametrize(
    ("right", "categories"),
    [
        ({"a": [True], "b": [False]}, {"a": "Math", "b": "Loss"}),
        ({"a": [True, False], "b": [False, True]}, {"a": "Math", "b": "Math"}),
        ({"a": [True, True], "b": [True, True]}, {"a": "Math", "b": "Loss"}),
        ({"a": [False, False], "b": [False, False]}, {"a": "Math", "b": "Loss"}),
        ({}, {}),
    ],
)
def test_nothing_to_explain(right: dict[str, list[bool]], categories: dict[str, str]) -> None:
    with pytest.raises(KernelBenchError, match="two methods, two categories, and both right and wrong"):
        explained_deviance(right, categories)


def test_an_absent_kernel_is_not_right() -> None:
    found = results(correctness("Math_0", submission="one"), correctness("Math_1", "crash", "basic", submission="two"))
    right = right_by_method(found, [Variant("one"), Variant("two")])
    assert len(right) == 176
    assert (right["Math_0"], right["Math_1"], right["Loss_0"]) == ([True, False], [False, False], [False, False])
