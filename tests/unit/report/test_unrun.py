"""Lines that never ran, in words and in the reports."""

from __future__ import annotations

from pytest_kernelbench.model.record import Failure
from pytest_kernelbench.report.contents import contents
from pytest_kernelbench.report.failure import describe
from pytest_kernelbench.report.html import page
from pytest_kernelbench.report.markdown import markdown
from pytest_kernelbench.report.unrun import unrun
from tests.support.records import correctness, results


def test_a_range_is_told_with_its_condition() -> None:
    assert unrun([{"first": 20, "last": 33, "under": "if n > 8192"}, {"first": 4, "last": 4, "under": ""}]) == [
        "lines 20-33 never ran: `if n > 8192`",
        "line 4 never ran",
    ]


def test_reports_tell_of_right_kernels_with_lines_that_never_ran() -> None:
    ranges = [{"first": 20, "last": 33, "under": "if n > 8192"}]
    record = correctness("Math_1", unrun_lines=ranges)
    told = contents(results(record))
    assert "lines 20-33 never ran: `if n &gt; 8192`" in page(told)
    comment = markdown(told)
    assert "1 right kernels have lines that never ran" in comment
    assert "lines 20-33 never ran" in comment
    wrong = correctness("Math_1", "wrong_values", "sizes", failure=Failure("sizes", "x"), unrun_lines=ranges)
    assert "\n\n  lines 20-33 never ran: `if n > 8192`" in describe(
        wrong, [(Failure("sizes", "x"), "wrong_values")], "mine"
    )
