"""Runners whose code coverage can see: they say what ran before they end, which a confined runner cannot."""

from __future__ import annotations

import sys

import pytest

from tests.support.measured_runner import DATA

SERVE = "tests.support.measured_runner:serve"


def is_measuring() -> bool:
    """Whether this process is measured."""
    coverage = sys.modules.get("coverage")
    return coverage is not None and coverage.Coverage.current() is not None


@pytest.fixture
def measured_runners(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start measured runners in this test, and let them end by themselves."""
    from pytest_kernelbench.host import process

    close = process.Child.close

    def at_leisure(self: process.Child) -> None:
        if not self._output.closed and not self.spent:
            self._channel.close()
            self._process.join(5)
        close(self)

    DATA.mkdir(exist_ok=True)
    DATA.chmod(0o777)
    monkeypatch.setattr(process.Child, "main", process.Remote(SERVE))
    monkeypatch.setattr(process.Child, "close", at_leisure)
