"""A runner that times its calls on the input sets of a workload, and the processor time that Linux accounts to it."""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from pytest_kernelbench.host.answers import Answer
from pytest_kernelbench.host.client import Runner
from pytest_kernelbench.host.process import RunnerDied
from pytest_kernelbench.host.settings import RunnerSettings
from pytest_kernelbench.judge.comparison.evidence import signature
from pytest_kernelbench.judge.speed.interleaving import Timed
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.model.task import Task
from pytest_kernelbench.wire.edits import FIRST_EDIT, LAST_EDIT

THREADS = 1
"""Number of threads that torch may use, in kernels and baselines."""

MAX_CALLS = 1 << 20
"""More calls than any batch has."""

BASELINE_CODE: Mapping[str, str] = {
    "eager": "baseline = task.reference",
    "compile": "import torch\nbaseline = torch.compile(task.reference)",
}
"""Code by name of the baseline, appended to a task's file to make its reference a function `baseline`."""


IN_ONE_PROCESS = ("TORCHINDUCTOR_COMPILE_THREADS", "1")
"""Variable for baselines: torch.compile would start two threads for each processor, more than a runner may have."""


class TimedRunner:
    """A source for `interleaving.measure`: calls have the runner time a batch."""

    def __init__(self, runner: Runner, deadline: float) -> None:
        self.runner = runner
        self.deadline = deadline
        """End of the time for all requests, on the monotonic clock."""
        self.cpu_within = 0.0
        """Processor seconds of the runner in its batches."""
        self.cpu_between = 0.0
        """Processor seconds of the runner between its batches."""
        self.died = False
        """Whether the runner died in a batch."""
        self.core: int | None = None
        """The CPU core on which the runner must stay, if any."""
        self._last: float | None = None

    def stay_on(self, core: int) -> None:
        """Pin the runner to a CPU core: at any moment cores differ in speed, above all on a virtual machine."""
        self.core = core
        for thread in os.listdir(f"/proc/{self.runner.pid}/task"):
            os.sched_setaffinity(int(thread), {core})

    @property
    def moved(self) -> bool:
        """Whether the runner may run on another core than the one that it was pinned to."""
        return self.core is not None and os.sched_getaffinity(self.runner.pid) != {self.core}

    def prepare(
        self, task: Task, cases: Sequence[Case], written: bool, pauses: Callable[[bool], float] | None = None
    ) -> tuple[Answer, float]:
        """Make an input set of each case and call on two of them; return the answer and seconds per call.

        `written` says that calls write their inputs, which are restored before each batch. Raises `RunnerDied`.
        `pauses` is called where the device is not used, as in `Runner.ask`.
        """
        return self.runner.prepare(
            cases,
            signature(task),
            convention=task.calling_convention,
            written=written,
            threads=THREADS,
            timeout=self.left,
            pauses=pauses,
        )

    def __call__(self, first: int, count: int, *, gated: bool = True) -> Timed:
        """Time a batch of `count` calls on the input sets from index `first` on; raises `RunnerDied`.

        Each call finds contents that no call before it has seen. With `gated`, a GPU starts only when the host has
        queued all launches, so that `seconds` is device time alone.
        """
        before = self.runner.cpu_seconds()
        if self._last is not None:
            self.cpu_between += before - self._last
        try:
            seconds, host, leaked, *untimed = self.runner.batch(
                first, count, edit=fresh_edit(), threads=THREADS, gated=gated, timeout=self.left
            )
        except RunnerDied:
            self.died = True
            raise
        self._last = self.runner.cpu_seconds()
        self.cpu_within += self._last - before
        return Timed(seconds, host, leaked, self._last - before, *untimed)

    @property
    def left(self) -> float:
        """Seconds until the deadline, and at least 1."""
        return max(1.0, self.deadline - time.monotonic())


def fresh_edit() -> int:
    """Return the number of an edit that nobody can know, with room for those of a batch after it."""
    return FIRST_EDIT + secrets.randbelow(LAST_EDIT - FIRST_EDIT - MAX_CALLS)


@contextlib.contextmanager
def on_one_processor(timers: Sequence[TimedRunner]) -> Iterator[None]:
    """Pin all timers to one CPU core, since only one runs at a time, and keep the judge off that core."""
    cores = os.sched_getaffinity(0)
    core = max(cores)
    for timer in timers:
        timer.stay_on(core)
    os.sched_setaffinity(0, cores - {core} or cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def trusted(settings: RunnerSettings) -> RunnerSettings:
    """Return the settings of a baseline's runner, from those of the kernel's.

    It comes from the same fork server as the runners of kernels and has the same limits, but no sandbox: torch.compile
    starts programs and reads files anywhere. The sandbox has no measurable effect on the time of a call.
    """
    return replace(settings, sandbox="off", origin=None, environment=(IN_ONE_PROCESS, *settings.environment))


def load_baseline(runner: Runner, code: str, filename: str, deadline: float) -> TimedRunner:
    """Load trusted code, whose entry point is `baseline`; raises `RunnerDied`, and ends the runner, if it cannot be."""
    timer = TimedRunner(runner, deadline)
    with _ended_where_it_fails(timer):
        _expect_ok(runner.load(code, filename, ["baseline"], timer.left))
    return timer


def prepare_baseline(timer: TimedRunner, task: Task, cases: Sequence[Case], written: bool) -> float:
    """Make the input sets of a baseline, call it, and return the seconds of a call; as `load_baseline` on errors."""
    with _ended_where_it_fails(timer):
        answer, seconds = timer.prepare(task, cases, written)
        _expect_ok(answer)
    return seconds


@contextlib.contextmanager
def _ended_where_it_fails(timer: TimedRunner) -> Iterator[None]:
    try:
        yield
    except RunnerDied:
        timer.runner.close()
        raise


def _expect_ok(answer: Answer) -> None:
    if answer.status != "ok":
        raise RunnerDied(answer.status, answer.message)
