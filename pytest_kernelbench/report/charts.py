"""Charts as inline SVG: shares, ratios with their intervals, and ratios over the share of the speed of light.

Colours and strokes are the page's style sheet's; shapes differ too, so that colour is never the only carrier.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from markupsafe import Markup

from pytest_kernelbench.report.text import percent, significant, times, visible

MARKS = {
    "faster": "M0-5L5 4H-5Z",
    "slower": "M0 5L5-4H-5Z",
    "same": "M-4-4H4V4H-4Z",
    "unclear": "M-4 0A4 4 0 1 0 4 0A4 4 0 1 0-4 0Z",
    "impossible": "M-4-4L4 4M-4 4L4-4",
}
"""Outline of the mark of each verdict, around its centre."""

SERIES = ("M-4 0A4 4 0 1 0 4 0A4 4 0 1 0-4 0Z", "M-4-4H4V4H-4Z", "M0-5L5 4H-5Z", "M0 5L5-4H-5Z", "M0-5L5 0L0 5L-5 0Z",
          "M-4-4L4 4M-4 4L4-4", "M0-5V5M-5 0H5")  # fmt: skip
"""Outlines of the marks of submissions, in their order; after the last they begin anew."""


@dataclass(frozen=True)
class Point:
    """One measured kernel in a scatter plot."""

    name: str
    series: str
    x: float
    y: float


@dataclass(frozen=True)
class LogScale:
    """A logarithmic axis from `low` to `high`, both positive, over `length` pixels."""

    low: float
    high: float
    length: float

    @classmethod
    def around(cls, values: Iterable[float], length: float) -> LogScale:
        """Return the axis that holds all values and 1, and ends at powers of two."""
        logs = [math.log2(value) for value in values] + [0.0]
        return cls(2.0 ** min(-1, math.floor(min(logs))), 2.0 ** max(1, math.ceil(max(logs))), length)

    def at(self, value: float) -> float:
        """Return the pixel of a value; what lies outside is at the end."""
        inside = min(max(value, self.low), self.high)
        return round(self.length * math.log(inside / self.low) / math.log(self.high / self.low), 1)

    @cached_property
    def ticks(self) -> tuple[float, ...]:
        """Powers of two to be labelled, at most seven, 1 among them."""
        first, last = round(math.log2(self.low)), round(math.log2(self.high))
        step = math.ceil((last - first) / 6)
        return tuple(2.0**power for power in range(first, last + 1) if power % step == 0)


def rate_bar(share: float, low: float, high: float) -> Markup:
    """Return a share on a line from 0 to 1: a tick, and the interval as a band."""
    label = f"{percent(share)}, interval {percent(low)} to {percent(high)}"
    left, right, at = (round(100 * value, 1) for value in (low, high, share))
    return Markup(
        '<svg class="bar" width="100" height="12" viewBox="0 0 100 12" role="img" aria-label="{}">'
        '<path class="rule" d="M0 6H100M.5 3V9M99.5 3V9"/><rect class="band" x="{}" y="2" width="{}" height="8"/>'
        '<path class="tick" d="M{} 0V12"/></svg>'
    ).format(label, left, round(max(right - left, 0.5), 1), at)


def ratio_axis(scale: LogScale) -> Markup:
    """Return the head of a column of ratios: the labels of its axis."""
    labels = Markup().join(
        Markup('<text x="{}" y="10" text-anchor="{}">{}</text>').format(
            scale.at(tick), _anchor(scale.at(tick), scale.length), times(tick)
        )
        for tick in scale.ticks
    )
    return Markup('<svg class="forest" width="{0}" height="13" viewBox="0 0 {0} 13" aria-hidden="true">{1}</svg>').format(
        significant(scale.length), labels
    )


def ratio_row(scale: LogScale, ratio: float, interval: Sequence[float] | None, verdict: str) -> Markup:
    """Return one row of a forest plot: a mark whose shape is the verdict, on the line of its interval."""
    label = f"{times(ratio)}, {verdict}"
    line = Markup()
    if interval is not None:
        low, high = interval
        label += f", interval {times(low)} to {times(high)}"
        line = Markup('<path class="tick" d="M{} 8H{}"/>').format(scale.at(low), scale.at(high))
    return Markup(
        '<svg class="forest {4}" width="{0}" height="16" viewBox="0 0 {0} 16" role="img" aria-label="{1}">'
        '<path class="rule" d="M{2} 0V16"/>{3}<path class="mark" transform="translate({5} 8)" d="{6}"/></svg>'
    ).format(
        significant(scale.length), visible(label), scale.at(1), line, verdict, scale.at(ratio), MARKS.get(verdict, "")
    )


def mark(outline: str, series: int | None = None) -> Markup:
    """Return one mark by itself, for a legend."""
    kind = "" if series is None else f" s{series % len(SERIES)}"
    return Markup(
        '<svg class="key" width="14" height="14" viewBox="-7 -7 14 14" aria-hidden="true"><path class="mark{}" d="{}"/></svg>'
    ).format(kind, outline)


def scatter(points: Sequence[Point], series: Sequence[str], x_label: str, y_label: str) -> Markup:
    """Return points over a linear axis of shares and a logarithmic one of ratios, a shape for each series."""
    left, top, width, height = 52, 10, 560, 300
    most = max(1.0, *(point.x for point in points))
    across = [step / 5 for step in range(math.floor(5 * most + 1e-9) + 1)]
    scale = LogScale.around((point.y for point in points), height)
    at_x = lambda share: round(left + width * share / most, 1)  # noqa: E731
    at_y = lambda ratio: round(top + height - scale.at(ratio), 1)  # noqa: E731
    parts = [Markup('<svg class="scatter" viewBox="0 0 {} {}" role="img" aria-label="{} over {}, {} points">').format(
        left + width + 12, top + height + 40, y_label, x_label, len(points))]  # fmt: skip
    for share in across:
        parts.append(Markup('<path class="{}" d="M{} {}V{}"/><text x="{}" y="{}" text-anchor="middle">{}</text>').format(
            "edge" if share == 1 else "rule", at_x(share), top, top + height, at_x(share), top + height + 16,
            percent(share)))  # fmt: skip
    for tick in scale.ticks:
        parts.append(Markup('<path class="{}" d="M{} {}H{}"/><text x="{}" y="{}" text-anchor="end">{}</text>').format(
            "edge" if tick == 1 else "rule", left, at_y(tick), left + width, left - 6, at_y(tick) + 4,
            times(tick)))  # fmt: skip
    for point in points:
        index = series.index(point.series)
        label = visible(f"{point.series} {point.name}: {times(point.y)} at {percent(point.x)}")
        parts.append(
            Markup('<path class="mark s{}" transform="translate({} {})" d="{}"><title>{}</title></path>').format(
                index % len(SERIES), at_x(point.x), at_y(point.y), SERIES[index % len(SERIES)], label
            )
        )
    parts.append(Markup('<text x="{}" y="{}" text-anchor="middle">{}</text></svg>').format(
        left + width / 2, top + height + 34, x_label))  # fmt: skip
    return Markup().join(parts)


def _anchor(at: float, length: float) -> str:
    return "start" if at < 12 else "end" if at > length - 12 else "middle"
