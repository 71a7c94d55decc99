"""Spare runners: used once, for the same settings, while they are alive and young."""

from __future__ import annotations

from typing import Any, cast

import pytest

from pytest_kernelbench.host import spares as spares_of
from pytest_kernelbench.host.client import Runner
from pytest_kernelbench.host.settings import RunnerSettings
from pytest_kernelbench.host.spares import Spares

GPU, OTHER = RunnerSettings("cuda:GPU-1"), RunnerSettings("cuda:GPU-1", sandbox="off")


class FakeRunner:
    """A runner that does nothing."""

    def __init__(self, settings: RunnerSettings) -> None:
        self.settings = settings
        self.alive = True
        self.closed = False

    def close(self) -> None:
        self.closed = True


class Starts:
    """Starts fake runners and keeps them."""

    def __init__(self) -> None:
        self.made: list[FakeRunner] = []

    def __call__(self, settings: RunnerSettings) -> Runner:
        self.made.append(FakeRunner(settings))
        return cast(Runner, self.made[-1])


@pytest.fixture
def starts() -> Starts:
    return Starts()


def test_a_spare_is_used_once(starts: Starts) -> None:
    spares: Any = Spares(start=starts)
    spares.prepare(GPU)
    spares.prepare(GPU)
    assert len(starts.made) == 1
    assert spares.take(GPU) is starts.made[0]
    assert spares.take(GPU) is starts.made[1]
    assert not any(runner.closed for runner in starts.made)


def test_a_spare_of_other_settings_or_that_died_is_ended(starts: Starts) -> None:
    spares: Any = Spares(start=starts)
    spares.prepare(GPU)
    assert spares.take(OTHER) is starts.made[1]
    spares.prepare(GPU)
    starts.made[2].alive = False
    assert spares.take(GPU) is starts.made[3]
    assert [runner.closed for runner in starts.made] == [True, False, True, False]


def test_an_old_spare_is_ended(starts: Starts, monkeypatch: pytest.MonkeyPatch) -> None:
    spares: Any = Spares(start=starts)
    spares.prepare(GPU)
    monkeypatch.setattr(spares_of, "LIFETIME", -1.0)
    assert spares.take(GPU) is starts.made[1]
    assert starts.made[0].closed


def test_nothing_is_kept_where_runners_start_at_once(starts: Starts) -> None:
    spares = Spares(start=starts)
    spares.prepare(RunnerSettings("interpreter"))
    assert starts.made == []


def test_it_ends_with_its_owner_and_no_fork_of_it_uses_it(starts: Starts, monkeypatch: pytest.MonkeyPatch) -> None:
    spares: Any = Spares(start=starts)
    spares.prepare(GPU)
    with monkeypatch.context() as patched:
        patched.setattr(spares_of.os, "getpid", lambda: -1)
        assert spares.take(GPU) is starts.made[1]
        assert not starts.made[0].closed
    spares.prepare(GPU)
    spares.close()
    assert starts.made[2].closed
    spares.close()


def test_a_real_spare_judges_like_any_runner() -> None:
    spares = Spares(worth=lambda device: True)
    settings = RunnerSettings("cpu")
    spares.prepare(settings)
    runner = spares.take(settings)
    try:
        assert runner.load("def f(x):\n    return x\n", "f.py", ["f"]).status == "ok"
    finally:
        runner.close()
        spares.close()
