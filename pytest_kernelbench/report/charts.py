"""Charts as inline SVG: shares, ratios with their intervals, and ratios over the share of the speed of light.

Colours and strokes come from the style sheet of the page. Marks also differ in shape, so that no information depends on
colour alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from markupsafe import Markup

from pytest_kernelbench.report.text import percent, visible

VERDICT_MARKS = {
    "faster": "M0-3L3 2H-3Z",
    "slower": "M0 3L3-2H-3Z",
    "same": "M-2-2H2V2H-2Z",
    "unclear": "M-2.5 0A2.5 2.5 0 1 0 2.5 0A2.5 2.5 0 1 0-2.5 0Z",
    "impossible": "M-3-3L3 3M-3 3L3-3",
}
"""Outline of the mark of each verdict, around its centre."""

SERIES_MARKS = ("M-4 0A4 4 0 1 0 4 0A4 4 0 1 0-4 0Z", "M-4-4H4V4H-4Z", "M0-5L5 4H-5Z", "M0 5L5-4H-5Z",
                "M0-5L5 0L0 5L-5 0Z", "M-4-4L4 4M-4 4L4-4", "M0-5V5M-5 0H5")  # fmt: skip
"""Outlines of the marks of submissions, in their order; they repeat after the last one."""

LEFT, TOP, WIDTH, HEIGHT = 52, 10, 560, 300
"""Margins of a scatter plot and the size of its field, in pixels."""

MAX_SHARE = 2.0
"""Largest share on the axis of a scatter plot; larger shares are impossible and need no space."""


@dataclass(frozen=True)
class Point:
    """One measured kernel in a scatter plot."""

    name: str
    series: int
    """Number of its submission, from 0."""
    x: float
    """Share, from 0 on."""
    y: float
    """Ratio, above 0."""


@dataclass(frozen=True)
class LogScale:
    """A logarithmic axis from `low` to `high`, both positive, over `length` pixels."""

    low: float
    high: float
    length: int

    @classmethod
    def around(cls, values: Iterable[float], length: int) -> LogScale:
        """Return an axis that contains all values and 1, and ends at powers of two."""
        logs = [math.log2(value) for value in values] + [0.0]
        return cls(2.0 ** min(-1, math.floor(min(logs))), 2.0 ** max(1, math.ceil(max(logs))), length)

    def at(self, value: float) -> float:
        """Return the pixel of a value; a value outside of the axis is drawn at its end."""
        inside = min(max(value, self.low), self.high)
        return round(self.length * math.log(inside / self.low) / math.log(self.high / self.low), 1)

    @cached_property
    def ticks(self) -> tuple[float, ...]:
        """Powers of two that are labelled: at most seven, including 1."""
        first, last = round(math.log2(self.low)), round(math.log2(self.high))
        step = math.ceil((last - first) / 6)
        return tuple(2.0**power for power in range(first, last + 1) if power % step == 0)


def symbols() -> Markup:
    """Return the definitions of all marks, for charts and legends; a page needs them once."""
    named = [*VERDICT_MARKS.items(), *((f"series{number}", outline) for number, outline in enumerate(SERIES_MARKS))]
    paths = Markup().join(Markup('<path id="{}" d="{}"/>').format(name, outline) for name, outline in named)
    return Markup('<svg width="0" height="0" aria-hidden="true"><defs>{}</defs></svg>').format(paths)


def mark(name: str) -> Markup:
    """Return one mark for a legend, by the name of a verdict or of a series (`series0`, ...)."""
    shape = Markup('<svg class="key" width="14" height="14" aria-hidden="true">{}</svg>')
    return shape.format(Markup('<use class="mark {0}" href="#{0}" x="7" y="7"/>').format(name))


def series_mark(number: int) -> str:
    """Return the name of the mark of a submission."""
    return f"series{number % len(SERIES_MARKS)}"


def rate_bar(share: float, low: float, high: float) -> Markup:
    """Return a line from 0 to 1 with the share as a tick and its interval as a band."""
    label = f"{percent(share)}, interval {percent(low)} to {percent(high)}"
    left, right, at = (round(100 * value, 1) for value in (low, high, share))
    return Markup(
        '<svg class="bar" width="100" height="12" role="img" aria-label="{}">'
        '<path class="rule" d="M0 6H100M.5 3V9M99.5 3V9"/><rect class="band" x="{}" y="2" width="{}" height="8"/>'
        '<path class="tick" d="M{} 0V12"/></svg>'
    ).format(label, left, round(max(right - left, 0.5), 1), at)


def ratio_axis(scale: LogScale) -> Markup:
    """Return the head of a forest plot: the labels of its axis."""
    labels = Markup()
    for tick in scale.ticks:
        labels += Markup('<text x="{}" y="10" text-anchor="middle">{}</text>').format(scale.at(tick), _power(tick))
    return Markup('<svg width="{}" height="13" aria-hidden="true">{}</svg>').format(scale.length, labels)


def ratio_row(scale: LogScale, ratio: float, low: float, high: float, verdict: str) -> Markup:
    """Return one row of a forest plot: the interval as a line, the ratio as a mark whose shape shows the verdict.

    The cells beside it contain the same figures, so it is hidden from screen readers. Its size is in the style sheet.
    """
    return Markup(
        '<svg aria-hidden="true"><path class="rule" d="M{} 0V16"/>'
        '<path class="tick" d="M{} 4v8m0-4H{}m0-4v8"/><use class="mark {}" href="#{}" x="{}" y="8"/></svg>'
    ).format(scale.at(1), scale.at(low), scale.at(high), verdict, verdict, scale.at(ratio))


_LINE = Markup('<path class="{}" d="{}"/><text x="{}" y="{}" text-anchor="{}">{}</text>')


def scatter(points: Sequence[Point], x_label: str, y_label: str) -> Markup:
    """Return a scatter plot with a linear axis of shares and a logarithmic axis of ratios; marks show submissions.

    Shares of more than `MAX_SHARE` are drawn at the end of the axis.
    """
    longest = min(MAX_SHARE, max(1.0, *(point.x for point in points)))
    scale = LogScale.around((point.y for point in points), HEIGHT)
    drawn = Markup()
    for fifth in range(math.floor(5 * longest) + 1):
        x = round(LEFT + WIDTH * fifth / 5 / longest, 1)
        kind, path = "edge" if fifth == 5 else "rule", f"M{x} {TOP}V{TOP + HEIGHT}"
        drawn += _LINE.format(kind, path, x, TOP + HEIGHT + 16, "middle", f"{20 * fifth} %")
    for tick in scale.ticks:
        y = round(TOP + HEIGHT - scale.at(tick), 1)
        kind, path = "edge" if tick == 1 else "rule", f"M{LEFT} {y}H{LEFT + WIDTH}"
        drawn += _LINE.format(kind, path, LEFT - 6, y + 4, "end", _power(tick))
    marks = Markup('<use class="mark {0}" href="#{0}" x="{1}" y="{2}"><title>{3}</title></use>')
    for point in points:
        share = min(max(point.x, 0), longest)
        x, y = round(LEFT + WIDTH * share / longest, 1), round(TOP + HEIGHT - scale.at(point.y), 1)
        drawn += marks.format(series_mark(point.series), x, y, visible(point.name))
    return Markup(
        '<svg class="scatter" viewBox="0 0 {} {}" role="img" aria-label="{} over {}, {} points">{}'
        '<text x="{}" y="{}" text-anchor="middle">{}</text></svg>'
    ).format(
        LEFT + WIDTH + 12, TOP + HEIGHT + 40, y_label, x_label, len(points), drawn, LEFT + WIDTH / 2, TOP + HEIGHT + 34,
        x_label,
    )  # fmt: skip


def _power(ratio: float) -> str:
    """Write a power of two as 4 or 1/4, with a multiplication sign."""
    whole = f"{ratio:.0f}" if ratio >= 1 else f"1/{1 / ratio:.0f}"
    return f"{whole}\N{MULTIPLICATION SIGN}"
