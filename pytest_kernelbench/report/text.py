"""Text as people may safely read it, and numbers in one format: three significant digits, units, a narrow space."""

from __future__ import annotations

import math
import re
import unicodedata

CUT = 2000
"""Most characters of a message that a page shows."""

_SPACE = "\N{NARROW NO-BREAK SPACE}"
_HIDDEN = re.compile(r"[^\n\t -~]")


def visible(text: str) -> str:
    r"""Return a text whose characters can all be seen: controls, direction overrides and surrogates as `\x1b`.

    What a kernel names or prints must neither colour a terminal nor turn the line that follows it around.
    """
    return _HIDDEN.sub(lambda found: _shown(found[0]), text)


def cut(text: str, most: int = CUT) -> str:
    """Return the beginning of a text that is too long, and how much of it is missing."""
    return text if len(text) <= most else f"{text[:most]} ... and {len(text) - most} characters more"


def percent(share: float) -> str:
    """Write a share as `12.5 %`."""
    return f"{significant(100 * share)}{_SPACE}%"


def times(ratio: float) -> str:
    """Write a ratio with the sign of multiplication after it."""
    return f"{significant(ratio)}\N{MULTIPLICATION SIGN}"


def seconds(value: float) -> str:
    """Write a duration with the unit that suits it, from nanoseconds to minutes."""
    if value >= 600:
        return f"{significant(value / 60)}{_SPACE}min"
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= 0.9995 * scale:  # what would be written as 1000 of the smaller unit
            return f"{significant(value / scale)}{_SPACE}{unit}"
    return f"{significant(value / 1e-9)}{_SPACE}ns"


def kibibytes(count: int) -> str:
    """Write a number of bytes, as KiB from one KiB on."""
    return f"{count}{_SPACE}B" if count < 1024 else f"{significant(count / 1024)}{_SPACE}KiB"


def significant(value: float) -> str:
    """Write a number with three significant digits and no exponent; whole digits are never dropped."""
    if not math.isfinite(value):
        return str(value)
    if value == 0:
        return "0"
    places = max(0, 2 - math.floor(math.log10(abs(value))))
    rounded = f"{value:.{places}f}"
    # 9.996 rounds to 10.00, which has a digit too many.
    places = max(0, 2 - math.floor(math.log10(abs(float(rounded)))))
    return f"{value:.{places}f}"


def _shown(character: str) -> str:
    category = unicodedata.category(character)
    if category[0] == "C" or category in ("Zl", "Zp"):
        return character.encode("unicode_escape", "surrogatepass").decode("ascii")
    return character
