"""Interleaved measuring on simulated clocks: it finds the true ratio through drift and noise, and stops when it can."""

from __future__ import annotations

import pytest

from pytest_kernelbench.judge.speed.interleaving import KERNEL, NoTime, Schedule, measure
from tests.unit.judge.speed.simulated import Machine


def test_a_true_ratio_is_found_exactly_without_noise() -> None:
    measured = Machine(eager=3e-5, kernel=2e-5).measure()
    assert measured.estimates["eager"] == pytest.approx((1.5, 1.5, 1.5))
    assert (measured.verdict("eager"), len(measured.kept)) == ("faster", 10)
    assert measured.device_seconds(KERNEL) == pytest.approx(2e-5)


@pytest.mark.parametrize(("ratio", "verdict"), [(0.97, "slower"), (1.0, "same"), (1.03, "faster")])
def test_verdicts_hold_through_drift_and_noise(ratio: float, verdict: str) -> None:
    wrong, missed = 0, 0
    for seed in range(60):
        machine = Machine(
            drift=lambda now: 1.0 + 0.08 * (now > 0.04), noise=0.01, seed=seed, eager=2e-5, kernel=2e-5 / ratio
        )
        measured = machine.measure(max_warm_up=0.01)
        found = measured.estimates["eager"]
        wrong += measured.verdict("eager") not in (verdict, "unclear")
        missed += not found.low <= ratio <= found.high
    assert wrong == 0
    # Of 60 intervals of 99 %, more than 4 miss with a chance of 0.0003.
    assert missed <= 4


def test_sides_that_were_timed_one_after_the_other_would_fail_that() -> None:
    # The step moves the sides by 8 % against each other where they are not in turns: this is what the engine is for.
    machine = Machine(drift=lambda now: 1.0 + 0.08 * (now > 0.02), eager=2e-5, kernel=2e-5)
    sums = {name: sum(machine.sources[name](0, 10).seconds for _ in range(30)) for name in ("eager", "kernel")}
    assert sums["kernel"] / sums["eager"] > 1.03


def test_batches_are_long_enough_and_in_turns() -> None:
    machine = Machine(eager=3e-6, kernel=2e-6)
    measured = machine.measure()
    assert measured.calls * 2e-6 >= 200e-6
    first, second, third = ([(b.source, b.calls) for b in block.batches] for block in measured.blocks[:3])
    count = measured.calls
    assert first == [("eager", count), ("kernel", count), ("kernel", count), ("eager", count)]
    assert second == [("kernel", count), ("eager", count), ("eager", count), ("kernel", count)]
    assert {calls for _, calls in third} == {2 * count}


def test_three_sources_go_there_and_back() -> None:
    machine = Machine(eager=3e-4, kernel=2e-4, compile=1e-4)
    measured = machine.measure()
    assert [batch.source for batch in measured.blocks[0].batches] == [
        "eager", "kernel", "compile", "compile", "kernel", "eager",
    ]  # fmt: skip
    assert measured.estimates["compile"].ratio == pytest.approx(0.5)
    assert (measured.verdict("eager"), measured.verdict("compile")) == ("faster", "slower")


def test_both_sides_use_the_same_input_sets() -> None:
    machine = Machine(eager=3e-4, kernel=2e-4)
    machine.measure()
    by_source = {name: [(f, c) for who, f, c in machine.asked if who == name] for name in ("eager", "kernel")}
    assert by_source["eager"] == by_source["kernel"]
    starts = [first for first, _ in by_source["kernel"]]
    assert starts == sorted(set(starts))


def test_an_operation_that_writes_its_inputs_is_called_once_a_batch() -> None:
    machine = Machine(eager=3e-6, kernel=2e-6)
    measured = machine.measure(once=True)
    assert {batch.calls for block in measured.blocks for batch in block.batches} == {1}


def test_looks_end_the_measuring() -> None:
    noisy = Machine(noise=0.03, eager=2e-4, kernel=2e-4, seed=3).measure(max_seconds=1e9)
    assert len(noisy.kept) in (20, 40, 80)
    exact = Machine(eager=2e-4, kernel=2e-4 / 1.02).measure(max_seconds=1e9)
    assert (exact.verdict("eager"), len(exact.kept)) in (("same", 10), ("unclear", 80))


def test_time_ends_the_measuring() -> None:
    measured = Machine(eager=1.0, kernel=1.0).measure(max_seconds=10.0)
    assert (len(measured.kept), measured.estimates, measured.verdict("eager")) == (3, {}, "unclear")


def test_blocks_are_left_out_for_a_named_cause_only_and_kept() -> None:
    machine = Machine(eager=3e-4, kernel=2e-4)
    causes = iter([None, "throttled", *[None] * 100])
    measured = measure(
        machine.sources, clock=lambda: machine.now, schedule=Schedule(max_warm_up=0.0), watch=lambda: next(causes)
    )
    assert (measured.discarded, len(measured.kept), len(measured.blocks)) == ({"throttled": 1}, 10, 11)
    assert len(measured.samples(KERNEL)) == 22


def test_too_many_discards_are_unclear() -> None:
    machine = Machine(eager=3e-4, kernel=2e-4)
    causes = iter([None, *["throttled", None] * 1000])
    measured = measure(
        machine.sources, clock=lambda: machine.now, schedule=Schedule(max_warm_up=0.0), watch=lambda: next(causes)
    )
    assert measured.spoiled
    assert measured.verdict("eager") == "unclear"


def test_a_clock_that_stands_still() -> None:
    machine = Machine(eager=3e-4)
    machine.sources[KERNEL] = machine.source(KERNEL, 1e-4, reported=0.0)
    with pytest.raises(NoTime):
        machine.measure()


def test_the_warm_up_waits_until_times_agree() -> None:
    machine = Machine(drift=lambda now: 1.0 + max(0.0, 5 * (0.3 - now)), eager=2e-4, kernel=2e-4)
    measured = machine.measure(min_warm_up=0.05, max_warm_up=2.0)
    assert measured.warm
    assert max(measured.samples(KERNEL)) == pytest.approx(2e-4)


def test_a_source_that_is_some_hundred_times_slower_makes_fewer_calls() -> None:
    machine = Machine(eager=50e-3, kernel=20e-6)
    measurement = machine.measure(batch_seconds=8e-3, max_batch_seconds=0.2, max_seconds=20.0)
    assert measurement.counts["eager"] == 4
    assert measurement.counts[KERNEL] == measurement.calls == 400
    assert measurement.verdict("eager") == "faster"
    assert measurement.estimates["eager"].ratio == pytest.approx(2500, rel=0.01)
    assert measurement.device_seconds("eager") == pytest.approx(50e-3)
    assert machine.now < 30


def test_sources_of_similar_speed_make_as_many_calls() -> None:
    measurement = Machine(eager=3e-4, kernel=2e-5).measure(batch_seconds=8e-3, max_batch_seconds=0.2)
    assert measurement.counts["eager"] == measurement.counts[KERNEL]
