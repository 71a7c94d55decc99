"""The clock audit on simulated runners: it finds a clock that reports too little, and believes an honest one."""

from __future__ import annotations

import pytest

from pytest_kernelbench.judge.speed.clock_audit import outliers, unreported
from pytest_kernelbench.judge.speed.interleaving import KERNEL, WINDOW, Measurement
from tests.unit.judge.speed.simulated import Machine


@pytest.mark.parametrize("call", [2e-4, 5e-2], ids=["doubled batches", "long batches"])
@pytest.mark.parametrize("device", [True, False])
def test_a_clock_that_tells_half_is_found(call: float, device: bool) -> None:
    machine = Machine(noise=0.02, eager=call)
    machine.sources[KERNEL] = machine.source(KERNEL, call, reported=0.5)
    found = unreported(machine.measure(), "eager", device=device)
    assert found is not None
    assert found.low > 0.5


def test_a_lie_is_found_in_few_blocks() -> None:
    machine = Machine(eager=2e-4)
    machine.sources[KERNEL] = machine.source(KERNEL, 2e-4, reported=0.5)
    measured = machine.measure(max_seconds=0.025)
    assert WINDOW <= len(measured.kept) < 10
    found = unreported(measured, "eager")
    assert found is not None
    assert found.low > 0.5


@pytest.mark.parametrize("call", [2e-4, 5e-2], ids=["doubled batches", "long batches"])
def test_a_true_clock_is_believed(call: float) -> None:
    for seed in range(20):
        found = unreported(Machine(noise=0.02, seed=seed, eager=call, kernel=call).measure(), "eager")
        assert found is not None
        assert found.low < 0.05


def test_samples_beyond_five_deviations_are_counted() -> None:
    assert outliers([1.0, 1.01, 0.99, 1.0, 1.02, 5.0]) == 1


def test_too_few_blocks_say_nothing() -> None:
    machine = Machine(eager=1.0, kernel=1.0)
    assert unreported(machine.measure(max_seconds=3.0), "eager") is None
    assert unreported(Measurement(1), "eager") is None


def test_the_estimate_in_words() -> None:
    machine = Machine(eager=2e-4)
    machine.sources[KERNEL] = machine.source(KERNEL, 2e-4, reported=0.5)
    found = unreported(machine.measure(), "eager")
    assert found is not None
    assert found.share == pytest.approx(1.0, abs=0.01)
    assert found.text == "the judge's clock saw 2.00 times the time that its runner reports"
