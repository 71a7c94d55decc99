"""Texts that are safe to show, and numbers in one format."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kernelbench.report import text

SPACE = "\N{NARROW NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("value", "written"),
    [(0, "0"), (1, "1.00"), (9.996, "10.0"), (99.96, "100"), (1234.5, "1234"), (0.01234, "0.0123"), (-2.5, "-2.50"),
     (float("nan"), "nan"), (float("inf"), "inf")],
)  # fmt: skip
def test_three_significant_digits(value: float, written: str) -> None:
    assert text.significant(value) == written


@given(st.floats(1e-12, 1e12))
def test_no_number_is_off_by_more_than_half_a_digit(value: float) -> None:
    written = text.significant(value)
    assert abs(float(written) - value) <= 0.005000001 * value
    assert len(written.replace(".", "").lstrip("0")) >= 3


@pytest.mark.parametrize(
    ("value", "written"),
    [(3.2e-9, "3.20 ns"), (9.999e-7, "1.00 µs"), (12e-6, "12.0 µs"), (0.0125, "12.5 ms"), (0.99999, "1.00 s"),
     (59.2, "59.2 s"), (1200, "20.0 min"), (0, "0 ns")],
)  # fmt: skip
def test_durations_have_the_unit_that_suits_them(value: float, written: str) -> None:
    assert text.seconds(value).replace(SPACE, " ") == written


def test_shares_ratios_and_bytes() -> None:
    assert text.percent(0.125) == f"12.5{SPACE}%"
    assert text.times(1.254) == "1.25\N{MULTIPLICATION SIGN}"
    assert text.kibibytes(65536) == f"64.0{SPACE}KiB"
    assert text.kibibytes(512) == f"512{SPACE}B"


def test_what_cannot_be_seen_is_written_out() -> None:
    hidden = "a\x1b[31m\x00\u202eb\u2066\u200b\ud800\u2028\x85\ufeff"
    shown = "a\\x1b[31m\\x00\\u202eb\\u2066\\u200b\\ud800\\u2028\\x85\\ufeff"
    assert text.visible(hidden) == shown
    assert text.visible("é ✓ 日本\tx\n") == "é ✓ 日本\tx\n"


def test_a_long_text_says_how_much_is_missing() -> None:
    assert text.cut("abcdef", 6) == "abcdef"
    assert text.cut("abcdef", 2) == "ab ... and 4 characters more"


def test_lines_are_indented() -> None:
    assert text.indented("one\n two\n") == "  one\n   two"
    assert text.indented("") == ""


@pytest.mark.parametrize(("number", "written"), [(0, "0 kernels"), (1, "1 kernel"), (2, "2 kernels")])
def test_a_number_with_its_noun(number: int, written: str) -> None:
    assert text.counted(number, "kernel") == written
