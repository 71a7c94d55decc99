"""Transitions between rounds: which kernels were repaired, which broken, and what that does to means of speed."""

from __future__ import annotations

import pytest

from pytest_kernelbench.report.metrics import passing
from pytest_kernelbench.report.transitions import mcnemar, paired_change, transitions
from tests.support.records import TASKS, correctness, speed

BEFORE = {
    "Math_0": correctness("Math_0"),
    "Math_1": correctness("Math_1"),
    "Math_2": correctness("Math_2", "wrong_values", "sizes"),
    "Math_3": correctness("Math_3", "crash", "basic"),
    "Math_4": correctness("Math_4"),
    "Math_5": correctness("Math_5", "unsupported", "values"),
    "Math_8": correctness("Math_8", facets={"basic": "passed"}),
}
AFTER = {
    "Math_0": correctness("Math_0"),
    "Math_1": correctness("Math_1", "wrong_values", "engine"),
    "Math_2": correctness("Math_2"),
    "Math_3": correctness("Math_3", "wrong_values", "basic"),
    "Math_5": correctness("Math_5"),
    "Math_6": correctness("Math_6"),
    "Math_8": correctness("Math_8"),
}


def test_every_task_is_in_one_list() -> None:
    found = transitions(BEFORE, AFTER, TASKS)
    assert (found.persistent, found.rescued, found.regressed) == (("Math_0",), ("Math_2",), ("Math_1",))
    assert (found.failing, found.unjudged) == (("Math_3",), ("Math_5", "Math_8"))
    assert (found.only_before, found.only_after) == (("Math_4",), ("Math_6",))
    assert sorted(sum((getattr(found, name) for name in found.__dataclass_fields__), ())) == sorted(TASKS)
    assert (found.before.n, found.after.n, found.judged) == (2, 2, 4)
    assert found.p == 1


def test_another_demand_is_another_table() -> None:
    found = transitions(BEFORE, AFTER, TASKS, "basic")
    assert (found.rescued, found.regressed, found.failing) == ((), (), ("Math_3",))
    assert found.persistent == ("Math_0", "Math_1", "Math_2", "Math_5", "Math_8")


PAIRS = [(29, 1, 5.774199962615967e-08), (9, 0, 0.00390625), (5, 3, 0.7265625), (4, 4, 1.0), (0, 0, 1.0)]
"""Rescued, regressed, and p of statsmodels 0.15.0, `mcnemar(exact=True)`."""


@pytest.mark.parametrize(("one", "other", "p"), PAIRS)
def test_mcnemar(one: int, other: int, p: float) -> None:
    assert mcnemar(one, other) == mcnemar(other, one) == pytest.approx(p, rel=1e-12)


def test_mcnemar_against_statsmodels() -> None:
    tables = pytest.importorskip("statsmodels.stats.contingency_tables")
    for one in range(12):
        for other in range(1, 12):
            expected = tables.mcnemar([[7, one], [other, 7]], exact=True).pvalue
            assert mcnemar(one, other) == pytest.approx(expected, rel=1e-12)


def test_rescued_kernels_lower_the_mean_though_none_became_slower() -> None:
    names = list(TASKS)[:121]
    before = {name: correctness(name, *(() if i < 92 else ("crash", "basic"))) for i, name in enumerate(names)}
    after = {name: correctness(name) for name in names}
    old = {name: [speed(name, 1.58)] for name in names[:92]}
    new = {name: [speed(name, 1.58 if i < 92 else 1.16)] for i, name in enumerate(names)}
    found = transitions(before, after, TASKS)
    change = paired_change(found, old, new, passing(before), passing(after), of=176)
    assert (len(found.persistent), len(found.rescued)) == (92, 29)
    assert (change.before.value, change.before.n) == (pytest.approx(1.58), 92)
    assert (change.after.value, change.after.n) == (pytest.approx(1.4673, abs=1e-4), 121)
    assert (change.rescued.value, change.rescued.n) == (pytest.approx(1.16), 29)
    assert (change.change.value, change.change.low, change.change.high) == pytest.approx((1, 1, 1))
    assert change.without_rescued.value == pytest.approx(1.58)
    assert (change.change.n, change.change.of, change.after.of) == (92, 92, 176)


def test_only_workloads_that_were_timed_twice_are_paired() -> None:
    verdicts = {"Math_0": correctness("Math_0"), "Math_1": correctness("Math_1")}
    old = {"Math_0": [speed("Math_0", 2.0, workload="a"), speed("Math_0", 9.0, workload="b")]}
    new = {"Math_0": [speed("Math_0", 1.0, workload="a"), speed("Math_0", 7.0, workload="c")],
           "Math_1": [speed("Math_1", 1.0)]}  # fmt: skip
    found = transitions(verdicts, verdicts, TASKS)
    change = paired_change(found, old, new, verdicts, verdicts, of=176)
    assert (change.change.value, change.change.n, change.change.of) == (0.5, 1, 2)
    new["Math_0"] = new["Math_0"][1:]
    assert paired_change(found, old, new, verdicts, verdicts, of=176).change.value is None
