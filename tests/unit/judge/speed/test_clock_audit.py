"""The clock audit on simulated runners: it finds a clock that reports too little, and believes an honest one."""

from __future__ import annotations

import pytest

from pytest_kernelbench.judge.speed.clock_audit import outliers, unreported
from pytest_kernelbench.judge.speed.interleaving import KERNEL, WINDOW, Measurement, Timed
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
    assert unreported(Measurement({"kernel": 1}), "eager") is None


def test_the_estimate_in_words() -> None:
    machine = Machine(eager=2e-4)
    machine.sources[KERNEL] = machine.source(KERNEL, 2e-4, reported=0.5)
    found = unreported(machine.measure(), "eager")
    assert found is not None
    assert found.share == pytest.approx(1.0, abs=0.01)
    assert found.text == "the judge's clock saw 2.00 times the time that its runner reports"


def edited(machine: Machine, name: str, seconds: float, *, claimed: float) -> None:
    """Replace a source by one that edits its inputs for 50 microseconds a call, and claims another time for that."""
    inner = machine.source(name, seconds)

    def run(first: int, count: int) -> Timed:
        timed = inner(first, count)
        machine.now += count * 50e-6
        return timed._replace(untimed=count * claimed, untimed_processor=count * claimed)

    machine.sources[name] = run


def test_the_edits_of_inputs_are_no_hidden_time() -> None:
    machine = Machine()
    for name in ("eager", KERNEL):
        edited(machine, name, 2e-4, claimed=50e-6)
    hidden = unreported(machine.measure(), "eager")
    assert hidden is not None
    assert abs(hidden.share) < 1e-6


def test_edits_that_take_longer_than_the_baselines_are_not_believed() -> None:
    machine = Machine()
    edited(machine, "eager", 2e-4, claimed=20e-6)
    inner = machine.source(KERNEL, 4e-4, reported=0.5)
    machine.sources[KERNEL] = lambda first, count: inner(first, count)._replace(untimed=count * 2e-4)
    hidden = unreported(machine.measure(), "eager")
    assert hidden is not None
    assert hidden.low > 0.5
