"""What a benchmark does while others use the device, and what alone on it."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest

from pytest_kernelbench.host.client import Runner
from pytest_kernelbench.host.settings import RunnerSettings
from pytest_kernelbench.host.spares import Spares
from pytest_kernelbench.judge.comparison.oracle import Oracle
from pytest_kernelbench.judge.correctness.case_trial import CaseTrial
from pytest_kernelbench.judge.correctness.judgement import Judgement
from pytest_kernelbench.judge.speed import benchmark
from pytest_kernelbench.judge.speed.baselines import TimedSpares
from pytest_kernelbench.judge.speed.benchmark import SpeedBenchmark
from pytest_kernelbench.judge.speed.timed_trial import TimedTrial
from pytest_kernelbench.model.judging import JudgingSettings
from tests.support.judging import identity_of, kernel_of_text
from tests.unit.judge.speed.waves import CODE, RIGHT, ShortBackend, benchmark_of, task_of_code


class Recorded:
    """Turns that note when they begin and end, each after a wait."""

    def __init__(self, wait: float = 0.0) -> None:
        self.events: list[str] = []
        self.here = threading.local()
        """The turn that has begun in a thread, if any."""
        self.within: set[str] = set()
        """What was asked in a turn."""
        self.wait = wait
        self.refused = ""
        """The turn that never comes."""

    @contextlib.contextmanager
    def _turn(self, name: str) -> Iterator[None]:
        assert not self.now, "a turn within a turn"
        if name == self.refused:
            raise KeyboardInterrupt
        time.sleep(self.wait)
        self.events.append(name)
        self.here.now = name
        try:
            yield
        finally:
            self.here.now = ""

    @property
    def now(self) -> str:
        return getattr(self.here, "now", "")

    def alone(self) -> AbstractContextManager[object]:
        return self._turn("alone")

    def beside(self) -> AbstractContextManager[object]:
        return self._turn("beside")


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> Recorded:
    """Turns that also note what is asked of runners and of the reference."""
    recorded = Recorded()

    def noting(owner: type, name: str) -> None:
        original: Callable[..., Any] = getattr(owner, name)

        def noted(*arguments: Any, **options: Any) -> Any:
            recorded.events.append(name.lstrip("_"))
            if recorded.now:
                recorded.within.add(name)
            return original(*arguments, **options)

        monkeypatch.setattr(owner, name, noted)

    for name in ("load", "prepare", "batch", "hold", "rewrite", "last_raw", "call"):
        noting(Runner, name)
    noting(TimedTrial, "_expected")
    monkeypatch.setattr(benchmark, "settled", lambda *_: True)
    return recorded


def spans(events: list[str]) -> list[tuple[str, list[str]]]:
    """Return what was done before the first turn and in each turn; equal events in a row are one."""
    found: list[tuple[str, list[str]]] = [("", [])]
    for event in events:
        if event in ("alone", "beside"):
            found.append((event, []))
        elif found[-1][1][-1:] != [event]:
            found[-1][1].append(event)
    return found


def on_a_gpu(turns: Recorded, **options: Any) -> SpeedBenchmark:
    """Return a benchmark whose processes start at the same time."""
    backend = ShortBackend()
    backend.parallel = True
    return benchmark_of(backend=backend, turns=turns, **options)


def test_only_timing_and_the_call_after_it_are_alone(turns: Recorded) -> None:
    assert on_a_gpu(turns).run().status == "passed"
    start = turns.events[: turns.events.index("expected") - 1]
    assert sorted(start) == ["beside", "beside", "load", "load", "prepare", "prepare"]
    assert {*start[:2]} == {"load"}, "before any turn"
    *first, timing, one, held, two, other = spans(turns.events[len(start) :])[1:]
    assert first == [("beside", ["expected"]), ("beside", ["batch", "hold", "last_raw"])]
    assert timing == ("alone", ["batch", "hold"]), "nothing is decided and nothing is sent meanwhile"
    assert (one, held) == (("beside", ["expected"]), ("beside", ["hold", "last_raw"]))
    assert (two, other) == (("beside", ["expected"]), ("beside", ["rewrite", "batch", "hold", "last_raw"]))
    assert "last_raw" not in turns.within, "the device is not used while results are sent"


def test_each_replicate_is_alone_again(turns: Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "settled", lambda measurements, *_: len(measurements) == 2)
    assert on_a_gpu(turns).run().status == "passed"
    assert [name for name, _ in spans(turns.events)[1:]] == [*["beside"] * 4, "alone", *["beside"] * 4] * 2


def test_waiting_is_a_part_of_its_own_and_not_the_kernels_time(turns: Recorded) -> None:
    turns.wait = 0.5
    timed = on_a_gpu(turns, timeout=60.0)
    before = time.monotonic()
    record = timed.run()
    assert record.status == "passed"
    seconds = record.timing["seconds"]
    assert 4.0 <= seconds["waiting"] < 5.0
    assert sum(seconds.values()) == pytest.approx(record.seconds, abs=0.5)
    assert timed.trial.deadline >= before + 60.0 + 4.0


@pytest.mark.parametrize("refused", ["alone", "beside"])
def test_what_was_started_ends_where_the_turn_never_comes(turns: Recorded, refused: str) -> None:
    turns.refused = refused
    timed = on_a_gpu(turns)
    runners: list[Runner] = []
    timed.trial.observe = lambda answer: runners.append(timed.trial.runner)  # type: ignore[method-assign, arg-type]
    with pytest.raises(KeyboardInterrupt):
        timed.run()
    assert runners
    assert all(runner._output.closed for runner in runners)
    assert not timed.baselines.timers


def test_the_next_pair_enters_the_device_while_this_one_is_timed(turns: Recorded) -> None:
    spares = TimedSpares(Spares(lambda device: True), Spares(lambda device: True))
    pids: list[set[int]] = []
    backend = ShortBackend(measure=lambda timers: pids.append({each.runner.pid for each in timers.values()}))
    backend.parallel = True
    try:
        for _ in range(2):
            assert benchmark_of(backend=backend, turns=turns, spares=spares).run().status == "passed"
            assert spares.kernel is not None
            assert spares.baseline is not None
            pids.append({each._spare.pid for each in (spares.kernel, spares.baseline) if each._spare is not None})
    finally:
        for each in spares:
            assert each is not None
            each.close()
    first, entered, second, _ = pids
    assert len(first | entered) == 4
    assert second == entered


def test_a_result_is_that_of_its_batch_however_late_it_is_asked_for(turns: Recorded) -> None:
    late = """
import threading, time

calls, pending = [], []

def finish():
    while True:
        time.sleep(0.2)
        while pending:
            result, input = pending.pop()
            result.copy_(input.sin())

def wave(input):
    calls.append(0)
    if len(calls) < 8:
        return input.sin()
    if len(calls) == 8:
        threading.Thread(target=finish, daemon=True).start()
    result = input.cos()
    pending.append((result, input))
    return result
"""
    turns.wait = 1.0
    record = on_a_gpu(turns, code=late).run()
    assert record.status == "wrong_values"


def test_calls_in_which_a_kernel_is_judged_are_beside_others(turns: Recorded) -> None:
    kernel, task = kernel_of_text(RIGHT, "wave"), task_of_code(CODE)
    settings = JudgingSettings(device="cpu", language="torch", facets=("basic", "sizes"), examples=2)
    judgement = Judgement(kernel, task, settings, Oracle(), identity_of(kernel), key=None, turns=turns)
    assert judgement.run().facets == {"basic": "passed", "sizes": "passed"}
    before, *calls = spans(turns.events)
    assert before == ("", ["load"])
    assert calls
    assert all(name == "beside" and asked in (["call"], ["call", "load"]) for name, asked in calls)


COMPILES = """
import gc
from pytest_kernelbench.wire.protocol import Responder

def wave(input):
    (responder,) = (each for each in gc.get_objects() if isinstance(each, Responder))
    responder({"status": "progress", "pause": True})
    responder({"status": "progress", "pause": False})
    responder.wait()
    return input.sin()
"""


def test_the_turn_is_given_back_while_a_runner_does_not_use_the_device(turns: Recorded) -> None:
    turns.wait = 0.2
    kernel, task = kernel_of_text(COMPILES, "wave"), task_of_code(CODE)
    trial = CaseTrial(kernel, task, Oracle(), RunnerSettings("cpu"), 30.0)
    trial.turns = turns
    trial.load()
    deadline = trial.deadline
    trial.run(task.fixed_cases[0])
    trial.close()
    assert turns.events[1:] == ["beside", "call", "beside"]
    assert trial.deadline >= deadline + 0.4
