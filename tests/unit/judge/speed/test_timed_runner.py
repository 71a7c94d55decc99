"""Timed runners: batches with the processor time that Linux accounts, on one core if they are pinned."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator

import pytest

from pytest_kernelbench.host.client import Runner
from pytest_kernelbench.host.process import RunnerDied
from pytest_kernelbench.host.settings import RunnerSettings
from pytest_kernelbench.judge.correctness.facets import reseeded
from pytest_kernelbench.judge.speed.timed_runner import (
    BASELINE_CODE,
    TimedRunner,
    load_baseline,
    on_one_processor,
    prepare_baseline,
    trusted,
)
from pytest_kernelbench.model.judging import BASELINES
from tests.unit.judge.speed.waves import CODE, task_of_code

TASK = task_of_code(CODE)
CASES = [reseeded(TASK.workloads["small"], seed) for seed in range(2)]
EAGER = f"{CODE}\n{BASELINE_CODE['eager']}\n"

Start = Callable[..., tuple[TimedRunner, float]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Return a function that starts a baseline of a text."""
    started: list[TimedRunner] = []

    def begin(code: str = EAGER, seconds: float = 60.0) -> tuple[TimedRunner, float]:
        deadline = time.monotonic() + seconds
        timer = load_baseline(Runner(trusted(RunnerSettings("cpu", cpu=None))), code, "wave.py", deadline)
        took = prepare_baseline(timer, TASK, CASES, written=False)
        started.append(timer)
        return timer, took

    yield begin
    for timer in started:
        timer.runner.close()


def test_every_baseline_has_code() -> None:
    assert BASELINE_CODE.keys() == {*BASELINES}


def test_batches_and_their_processor_time(start: Start) -> None:
    timer, seconds = start()
    assert 0 < seconds < 1
    timed = [timer(first, 50) for first in (0, 50)]
    assert all(each.seconds > 0 and each.host_seconds > 0 for each in timed)
    assert all(each.seen is not None and each.seen >= 0.9 * each.seconds for each in timed)
    assert timer.cpu_within == pytest.approx(sum(each.seen or 0 for each in timed))
    assert 0 <= timer.cpu_between < timer.cpu_within
    assert not timer.died


def test_a_runner_stays_on_its_core(start: Start) -> None:
    timer, _ = start()
    before = os.sched_getaffinity(0)
    assert not timer.moved
    with on_one_processor([timer]):
        assert timer.core == max(before)
        assert os.sched_getaffinity(timer.runner.pid) == {timer.core}
        assert os.sched_getaffinity(0) == (before - {timer.core} or before)
        assert not timer.moved
    assert os.sched_getaffinity(0) == before
    os.sched_setaffinity(timer.runner.pid, before)
    assert timer.moved is (len(before) > 1)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("import nope\n", "nope"),
        (CODE, "baseline"),
        (f"{CODE}\ndef baseline(input):\n    raise ValueError('no')\n", "no"),
    ],
)
def test_code_that_does_not_work(code: str, text: str, start: Start) -> None:
    with pytest.raises(RunnerDied, match=text):
        start(code)


def test_a_runner_that_dies_in_a_batch(start: Start) -> None:
    code = (
        f"{CODE}\nimport os\ndef baseline(input, calls=[]):\n    calls.append(0)\n    len(calls) < 4 or os._exit(1)\n"
    )
    timer, _ = start(code)
    with pytest.raises(RunnerDied):
        timer(0, 50)
    assert timer.died


def test_the_time_that_is_left_is_at_least_a_second(start: Start) -> None:
    timer, _ = start()
    assert 50 < timer.left <= 60
    timer.deadline = 0.0
    assert timer.left == 1.0


@pytest.mark.parametrize(("given", "threads"), [((), 1), ((("TORCHINDUCTOR_COMPILE_THREADS", "3"),), 3)])
def test_torch_compiles_a_baseline_in_its_own_process(given: tuple[tuple[str, str], ...], threads: int) -> None:
    """A pool of workers for all processors of a large machine is more than a runner may start."""
    code = (
        f"import torch._inductor.config\nassert torch._inductor.config.compile_threads == {threads}\nbaseline = abs\n"
    )
    settings = trusted(RunnerSettings("cpu", cpu=None, environment=given))
    load_baseline(Runner(settings), code, "wave.py", time.monotonic() + 60).runner.close()
