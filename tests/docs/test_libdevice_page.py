"""The page about libdevice lists every function, as the code computes it."""

from __future__ import annotations

import re
from pathlib import Path

from pytest_kernelbench.devices.libdevice.table import FUNCTIONS

PAGE = Path(__file__).parents[2] / "docs" / "libdevice.md"
ROW = re.compile(r"\| (`\w+`(?:, `\w+`)*) \| ([^|]+) \|(.*)")


def test_every_function_is_listed_once_with_what_computes_it() -> None:
    rows = list(filter(None, map(ROW.fullmatch, PAGE.read_text(encoding="utf-8").splitlines())))
    listed = [(name, row[2]) for row in rows for name in re.findall(r"`(\w+)`", row[1])]
    assert sorted(listed) == sorted((name, function.how) for name, function in FUNCTIONS.items())


def test_float32_is_rounded_correctly_and_the_errors_of_float64_are_those_of_a_library() -> None:
    rows = list(filter(None, map(ROW.fullmatch, PAGE.read_text(encoding="utf-8").splitlines())))
    errors = [[cell.strip() for cell in row[3].strip("| ").split("|")] for row in rows if row[3]]
    assert len(errors) == 51
    for single, double, *documented in errors:
        assert single == "0.50"
        assert float(double.removesuffix(" absolute")) < (1e-10 if "absolute" in double else 11)
        assert all(documented)
