"""Shares as text: the count, the percentage and its interval."""

from __future__ import annotations

from pytest_kernelbench.report.metrics import share


def counted_share(count: int, of: int) -> str:
    """Write a count with its share and the 95 % interval of that, as `3 of 20, 15 % (5.2 to 36)`."""
    figure = share(count, of)
    if figure.value is None or figure.low is None or figure.high is None:
        return f"{count} of {of}"
    low, high = _percent(figure.low), _percent(figure.high)
    return f"{count} of {of}, {_percent(figure.value)} % ({low} to {high})"


def _percent(share: float) -> str:
    """Write a percentage: from 10 on without decimals, below with one."""
    number = 100 * share
    return f"{number:.0f}" if number >= 9.95 or number == 0 else f"{number:.1f}"
