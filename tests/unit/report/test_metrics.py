"""Rates, fixed tests and pass@k; values that are written out are statsmodels' 0.15.0 and numpy's."""

from __future__ import annotations

import importlib
import itertools
import re
from pathlib import Path
from statistics import fmean

import pytest

from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.record import Record
from pytest_kernelbench.report import metrics
from pytest_kernelbench.report.metrics import against_fixed_tests, pass_at_k, passes, rates, rates_by_category, share
from tests.support.records import TASKS, correctness, results


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [
        (0, 30, 0.0, 0.11351339317396873),
        (30, 30, 0.8864866068260314, 1.0),
        (44, 176, 0.1918297215570447, 0.3188504042767992),
        (1, 2, 0.09453120573423068, 0.9054687942657693),
    ],
)
def test_wilson(count: int, of: int, low: float, high: float) -> None:
    found = share(count, of)
    assert (found.value, found.n, found.of) == (count / of, count, of)
    assert found.low == pytest.approx(low, abs=1e-14)
    assert found.high == pytest.approx(high, abs=1e-14)


def test_wilson_against_statsmodels() -> None:
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    for of in range(1, 60):
        for count in range(of + 1):
            found = share(count, of)
            assert [found.low, found.high] == pytest.approx(
                proportion.proportion_confint(count, of, method="wilson"), abs=1e-13
            )


def test_a_share_of_nothing_is_no_number() -> None:
    assert share(0, 0) == metrics.Figure(None, None, None, 0, 0)


@pytest.mark.parametrize(("p", "value"), [(0, 1), (0.1, 1.3), (0.5, 3), (0.9, 15.2), (1, 20)])
def test_quantiles(p: float, value: float) -> None:
    assert metrics.quantile([1, 2, 4, 20], p) == pytest.approx(value)


def test_the_bootstrap_repeats_itself_and_knows_its_limits() -> None:
    values = [1.0, 2.0, 4.0, 9.0]
    found = metrics.bootstrap(values, fmean, 7)
    assert found == metrics.bootstrap(values, fmean, 7)
    assert found.low is not None
    assert found.high is not None
    assert 1 <= found.low < 4 < found.high <= 9
    assert (found.n, found.of) == (4, 7)
    assert metrics.bootstrap([3.0], fmean, 7) == metrics.Figure(3.0, None, None, 1, 7)
    assert metrics.bootstrap([], fmean, 7) == metrics.Figure(None, None, None, 0, 7)


VERDICTS = {
    "Math_0": correctness("Math_0"),
    "Math_1": correctness("Math_1", "wrong_values", "sizes"),
    "Math_2": correctness("Math_2", "crash", "basic"),
    "Math_3": correctness("Math_3", "load_error"),
    "Math_4": correctness("Math_4", "rejected", facets={"basic": "passed"}),
    "Math_5": correctness("Math_5", "unsupported", "values"),
    "Math_6": correctness("Math_6", facets={"basic": "passed"}),
    "Loss_0": correctness("Loss_0", "wrong_values", "engine"),
}


def test_absent_kernels_count_and_are_shown_apart() -> None:
    found = rates(VERDICTS, TASKS)
    assert {demand: figure.n for demand, figure in found.met.items()} == {
        "loads": 7, "runs": 7, "basic": 6, "sizes": 3, "dtypes": 4, "layouts": 4, "values": 3, "contract": 4,
        "engine": 3, "gradients": 0, "all": 1,
    }  # fmt: skip
    assert {figure.of for figure in found.met.values()} == {176}
    assert found.statuses["absent"] == 168
    assert found.statuses["unsupported"] == 1
    assert sum(found.statuses.values()) == 176


def test_passing_what_was_asked_is_not_passing_all() -> None:
    assert VERDICTS["Math_6"].status == "passed"
    assert not passes(VERDICTS["Math_6"], "all")
    assert metrics.undecided(VERDICTS["Math_6"], "all")
    assert metrics.undecided(VERDICTS["Math_5"], "values")
    assert not metrics.undecided(VERDICTS["Math_1"], "all")
    assert not metrics.undecided(VERDICTS["Math_0"], "all")


def test_categories_have_their_own_denominators() -> None:
    found = rates_by_category(VERDICTS, TASKS)
    assert len(found) == 15
    assert (found["Math"].met["basic"].n, found["Math"].met["basic"].of) == (5, 36)
    assert (found["Fusion"].met["loads"].n, found["Fusion"].statuses["absent"]) == (0, 60)


def test_what_the_facets_add_to_fixed_tests() -> None:
    found = against_fixed_tests(VERDICTS, TASKS)
    assert (found.fixed.n, found.all.n, found.all.of) == (6, 1, 176)
    assert found.caught == {
        "engine": ["Loss_0"], "sizes": ["Math_1"], "rejected": ["Math_4"], "unsupported": ["Math_5"],
        "not every facet was tried": ["Math_6"],
    }  # fmt: skip
    assert found.fixed.n - found.all.n == sum(map(len, found.caught.values()))


def sampled(*right: int) -> list[Record]:
    """Return four samples of as many tasks as there are numbers, each of which says how many samples are right."""
    wrong = ("crash", "basic")
    return [
        correctness(f"Math_{task}", *(() if sample < count else wrong), variant=f"sample_{sample}")
        for task, count in enumerate(right)
        for sample in range(4)
    ]


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_pass_at_k_is_the_mean_over_all_choices(k: int) -> None:
    right = (0, 1, 3, 4)
    found = pass_at_k(results(*sampled(*right)), "mine", k)
    chosen = [[any(i < count for i in some) for some in itertools.combinations(range(4), k)] for count in right]
    assert found.value == pytest.approx(sum(map(fmean, chosen)) / 176, abs=1e-14)
    assert (found.n, found.of) == (176, 176)
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low < found.value < found.high


def test_a_sample_without_a_kernel_has_failed() -> None:
    records = [correctness("Math_0", variant="sample_0"), correctness("Math_1", variant="sample_1")]
    tasks = {"Math_0": "Math", "Math_1": "Math"}
    assert pass_at_k(results(*records, tasks=tasks), "mine", 1).value == 0.5
    assert pass_at_k(results(*records, tasks=tasks), "mine", 2).value == 1


def test_many_samples_do_not_overflow() -> None:
    assert metrics._pass_at_k(10_000, 5_000, 10) == pytest.approx(1 - 0.5**10, abs=1e-5)


@pytest.mark.parametrize(
    ("names", "k", "message"),
    [
        (("round_0", "round_1"), 1, r"mine: @k needs independent samples .*, not mine/round_0, mine/round_1"),
        ((None,), 1, "not mine$"),
        (("sample_0", "sample_1"), 3, "k = 3 needs at least k samples, .*; there are mine/sample_0, mine/sample_1"),
        (("sample_0",), 0, "k = 0 needs"),
        ((), 1, "there is no such submission"),
    ],
)
def test_what_has_no_pass_at_k(names: tuple[str | None, ...], k: int, message: str) -> None:
    found = results(*(correctness("Math_0", variant=name) for name in names))
    with pytest.raises(KernelBenchError, match=message):
        pass_at_k(found, "mine", k)


def test_the_documentation_names_functions_that_there_are() -> None:
    text = (Path(metrics.__file__).parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:metrics|speedups|deviance|transitions|code_signals)\.\w+)`", text)
    assert len(set(named)) > 6
    for name in named:
        module, function = name.split(".")
        package = "evaluation" if module == "code_signals" else "report"
        assert callable(getattr(importlib.import_module(f"pytest_kernelbench.{package}.{module}"), function))
