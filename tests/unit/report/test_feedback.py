"""Feedback: short enough, the same for the same records, and with what to do next in any case."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_kernelbench import Evaluation
from pytest_kernelbench.model.record import STATUSES, CompileRecord, Failure, Record
from pytest_kernelbench.model.task import ALL_FACETS, FACETS
from pytest_kernelbench.report import feedback

WRONG = Record(
    kind="correctness", submission="evaluate", variant=None, task="relu", category="Activation",
    status="wrong_values", stage="basic", facets={"basic": "passed", "sizes": "wrong_values"},
    failure=Failure("sizes", "result[0]: got 1, wanted 2\nin <f at 0x7f23fd9391d0>", "Case(input=Tensor((1025,)))"),
)  # fmt: skip
PASSED = replace(WRONG, status="passed", stage="all", facets=dict.fromkeys(FACETS, "passed"), failure=None)
REFUSED = CompileRecord(
    kind="compile", submission="evaluate", variant=None, task="relu", category="Activation", status="compile_error",
    stage="loads", target="sm_80", failure=Failure("basic", "out of resource: shared memory, Required: 196608"),
)  # fmt: skip


def test_a_wrong_kernel() -> None:
    text = Evaluation(WRONG).feedback().splitlines()
    assert text[0] == Evaluation(WRONG).headline == "relu: wrong_values in sizes"
    assert text[1] == "Smallest input that shows it: Case(input=Tensor((1025,)))"
    assert text[3:7] == [
        "  result[0]: got 1, wanted 2",
        "  in <f at 0x...>",
        "Passed: basic.",
        f"wrong_values in sizes: {feedback.FACETS['sizes']}.",
    ]
    assert text[-1] == f"Next: {feedback.NEXT['wrong_values']}"


def test_a_right_kernel_that_does_not_compile() -> None:
    evaluation = Evaluation(PASSED, (replace(REFUSED, target="sm_90", status="passed", failure=None), REFUSED))
    assert not evaluation.passed
    text = evaluation.feedback()
    assert text.startswith("relu: compile_error for sm_80 in basic\n  out of resource: shared memory")
    assert (
        "Compiles for: sm_90.\nrelu: compile_error for sm_80 in basic.\nNext: Change the code that the compiler" in text
    )
    assert Evaluation(PASSED).feedback().startswith("relu: passed\nPassed: basic, sizes, dtypes,")


def test_what_is_no_kernel() -> None:
    rejected = replace(PASSED, status="rejected", label="decoy", failure=Failure("decoy", "its launches do not matter"))
    text = Evaluation(rejected).feedback()
    assert "its launches do not matter" in text
    assert text.endswith(feedback.NEXT["rejected"])


@pytest.mark.parametrize("limit", [0, 1, 50, 200, 400, 700, 2000])
def test_no_longer_than_asked(limit: int) -> None:
    long = replace(WRONG, failure=Failure("sizes", "got 1, wanted 2\n" * 1000, "Case(input=Tensor((1025,)))"))
    text = Evaluation(long).feedback(limit)
    assert len(text) <= limit
    if limit >= 400:
        assert text.startswith("relu: wrong_values in sizes\n")
        assert text.endswith(feedback.NEXT["wrong_values"])
    if limit >= 700:
        assert len(text) > limit - 2
        assert "[...]" in text


def test_there_is_something_to_do_for_each_status_and_facet() -> None:
    assert set(feedback.NEXT) == set(STATUSES) - {"missing"}
    assert tuple(feedback.FACETS) == ALL_FACETS
