"""Submissions beside an expert: shares of its tasks, and ratios over what both were timed on."""

from __future__ import annotations

import json
import math

import pytest

from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.record import Record
from pytest_kernelbench.report.against import Against, against
from pytest_kernelbench.report.contents import contents
from pytest_kernelbench.report.html import page
from pytest_kernelbench.report.markdown import markdown
from pytest_kernelbench.report.writer import as_json
from tests.support.records import correctness, results, speed

TASKS = dict.fromkeys("abcd", "Math")

EXPERT = [correctness(task, submission="solutions") for task in "abc"]


def found(*records: Record, names: tuple[str, ...] = ("solutions",)) -> Against:
    result = against(results(*EXPERT, *records, tasks=TASKS), names)
    assert result is not None
    return result


def test_the_share_is_of_the_tasks_that_the_expert_solves() -> None:
    one = found(correctness("a"), correctness("b", "wrong_values", "sizes"), correctness("d"))
    assert (one.experts, one.tasks) == (["solutions"], 3)
    (row,) = one.beside
    assert (row.label, row.solved.n, row.solved.of) == ("mine", 1, 3)
    assert (row.missed, row.beyond) == (["b", "c"], ["d"])
    assert row.ratios == []


def test_the_ratio_to_the_expert_is_over_common_workloads_and_right_kernels() -> None:
    mine = [correctness(task) for task in "abd"] + [correctness("c", "wrong_values", "basic")]
    speeds = [
        speed("a", 4.0), speed("a", 8.0, workload="small"), speed("b", 1.0), speed("c", 9.0), speed("d", 9.0),
    ]  # fmt: skip
    theirs = [speed("a", 2.0), speed("b", 4.0), speed("c", 1.0)]
    theirs = [speed(one.task, one.ratio, submission="solutions") for one in theirs]
    (row,) = found(*mine, *speeds, *theirs).beside
    (ratio,) = row.ratios
    assert ratio.device == "cuda:h100"
    # a is twice as fast on the workload of both, b takes four times as long; c is wrong, d is not the expert's.
    assert ratio.expert.value == pytest.approx(math.sqrt(2 * 0.25))
    assert (ratio.expert.n, ratio.expert.of) == (2, 3)
    assert ratio.eager.value == pytest.approx(math.sqrt(math.sqrt(4 * 8) * 1))


def test_what_the_expert_was_not_timed_on_has_no_ratio() -> None:
    other = {"kind": "cuda", "model": "l40s"}
    records = [correctness("a"), speed("a", 2.0), speed("a", 1.0, submission="solutions", device=other)]
    assert found(*records).beside[0].ratios == []


def test_the_expert_may_be_several_submissions() -> None:
    both = [correctness(task, submission="examples") for task in "cd"]
    one = found(*both, correctness("d"), names=("solutions", "examples", "solutions"))
    assert (one.experts, one.tasks) == (["solutions", "examples"], 4)
    assert [(row.label, row.solved.n) for row in one.beside] == [("mine", 1)]


def test_the_efficiency_of_samples_has_the_time_of_the_expert_as_its_reference() -> None:
    samples = [correctness(task, variant=f"sample_{number}") for task in "ab" for number in (0, 1)]
    fast = [speed("a", ratio, variant=f"sample_{number}") for number, ratio in enumerate((2.0, 4.0))]
    slow = [speed("b", 1.0, variant=f"sample_{number}") for number in (0, 1)]
    theirs = [speed(task, ratio, submission="solutions") for task, ratio in (("a", 4.0), ("b", 4.0))]
    (row,) = found(*samples, *fast, *slow, *theirs).efficiency
    assert (row.submission, row.device) == ("mine", "cuda:h100")
    # a: one sample takes twice the expert's time, which is the limit, the other equals it; b takes four times as long.
    assert {k: (each.value, each.n) for k, each in row.at.items()} == {1: (0.25, 2), 2: (0.5, 2)}


def test_nothing_is_compared_without_a_name_and_an_unknown_one_is_an_error() -> None:
    assert against(results(*EXPERT, tasks=TASKS), ()) is None
    with pytest.raises(KernelBenchError, match="no verdicts of theirs, but of solutions; judge it"):
        found(names=("theirs",))


def test_it_is_in_each_kind_of_report() -> None:
    records = [*EXPERT, correctness("a"), speed("a", 4.0), speed("a", 2.0, submission="solutions")]
    shown = contents(results(*records, tasks=TASKS), ["solutions"])
    assert "of the 3 tasks of `solutions`" in markdown(shown)
    assert "| 2.00\N{MULTIPLICATION SIGN} (n = 1) on `cuda:h100`, to eager 4.00\N{MULTIPLICATION SIGN} |" in markdown(
        shown
    )
    assert 'id="against"' in page(shown)
    assert json.loads(as_json(shown))["against"]["tasks"] == 3
    plain = contents(results(*records, tasks=TASKS))
    assert "expert" not in markdown(plain)
    assert 'id="against"' not in page(plain)


def test_the_page_of_samples_names_their_efficiency() -> None:
    records = [correctness("a", variant="sample_0"), speed("a", 4.0, variant="sample_0")]
    theirs = speed("a", 4.0, submission="solutions")
    shown = contents(results(*EXPERT, *records, theirs, tasks=TASKS), ["solutions"])
    assert "eff@1 1.00" in page(shown)
    assert "@1 1.00" in markdown(shown)
