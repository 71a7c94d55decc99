"""KernelBench's figures by level."""

from __future__ import annotations

from pytest_kernelbench.report.contents import contents
from pytest_kernelbench.report.html import page
from pytest_kernelbench.report.levels import levels
from pytest_kernelbench.report.markdown import markdown
from tests.support.records import correctness, results, speed

TASKS = {"level1_1_A": "Level1", "level1_2_B": "Level1", "level2_1_C": "Level2", "relu": "Activation"}

RECORDS = (
    correctness("level1_1_A", variant="sample_0", category="Level1"),
    correctness("level1_1_A", "wrong_values", "basic", variant="sample_1", category="Level1"),
    correctness("level1_2_B", variant="sample_0", category="Level1"),
    correctness("relu", variant="sample_0"),
    speed("level1_1_A", 1.5, variant="sample_0", category="Level1"),
    speed("level1_2_B", 0.5, variant="sample_0", category="Level1"),
)


def test_each_level_has_its_own_figures() -> None:
    (row,) = levels(results(*RECORDS, tasks=TASKS))
    assert row.level == "Level1"
    assert {k: one.value for k, one in row.pass_at.items()} == {1: 0.5, 2: 1.0}
    assert {label: (one.n, one.of) for label, one in row.right.items()} == {
        "mine/sample_0": (2, 2),
        "mine/sample_1": (0, 2),
    }
    assert {label: [one.point.n for one in some] for label, some in row.fast.items()} == {
        "mine/sample_0 on cuda:h100": [1, 0]
    }


def test_rounds_have_no_pass_at_k() -> None:
    (row,) = levels(results(correctness("level1_1_A", variant="round_1", category="Level1"), tasks=TASKS))
    assert row.pass_at == {}
    assert row.right["mine/round_1"].value == 0.5


def test_levels_are_shown_where_there_are_any() -> None:
    found = contents(results(*RECORDS, tasks=TASKS))
    assert "| Level1 | `mine` | @1 50" in markdown(found)
    assert 'id="levels"' in page(found)
    other = contents(results(correctness("relu"), tasks=TASKS))
    assert "Level1" not in markdown(other)
    assert 'id="levels"' not in page(other)
