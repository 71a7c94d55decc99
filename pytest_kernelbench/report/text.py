"""Texts that are safe to show, and numbers in one format: three significant digits, a narrow space, a unit."""

from __future__ import annotations

import math

from pytest_kernelbench.model.printing import visible as visible

MAX_CHARACTERS = 2000
"""Number of characters of a message that a page shows."""

_SPACE = "\N{NARROW NO-BREAK SPACE}"


def cut(text: str, limit: int = MAX_CHARACTERS) -> str:
    """Return the text, or its first `limit` characters and the number of those that are missing."""
    return text if len(text) <= limit else f"{text[:limit]} ... and {len(text) - limit} characters more"


def indented(text: str) -> str:
    """Return the text with two spaces before each line."""
    return "\n".join(f"  {line}" for line in text.splitlines())


def counted(number: int, noun: str) -> str:
    """Write a number with its noun, as in `1 kernel` and `2 kernels`."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def percent(share: float) -> str:
    """Write a share of 0.125 as `12.5 %`."""
    return f"{significant(100 * share)}{_SPACE}%"


def times(ratio: float) -> str:
    """Write a ratio with a multiplication sign after it."""
    return f"{significant(ratio)}\N{MULTIPLICATION SIGN}"


def seconds(value: float) -> str:
    """Write a duration, given in seconds, with a unit from nanoseconds to minutes."""
    if value >= 600:
        return f"{significant(value / 60)}{_SPACE}min"
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= 0.9995 * scale:  # what would round to 1000 of the smaller unit
            return f"{significant(value / scale)}{_SPACE}{unit}"
    return f"{significant(value / 1e-9)}{_SPACE}ns"


def kibibytes(count: int) -> str:
    """Write a number of bytes, in KiB from 1024 bytes on."""
    return f"{count}{_SPACE}B" if count < 1024 else f"{significant(count / 1024)}{_SPACE}KiB"


def significant(value: float) -> str:
    """Write a number with three significant digits, without an exponent; digits before the point are always written."""
    if not math.isfinite(value):
        return str(value)
    if value == 0:
        return "0"
    places = max(0, 2 - math.floor(math.log10(abs(value))))
    rounded = f"{value:.{places}f}"
    # 9.996 rounds to 10.00, which has one digit too many.
    places = max(0, 2 - math.floor(math.log10(abs(float(rounded)))))
    return f"{value:.{places}f}"
