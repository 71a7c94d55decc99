"""One side of a race: a runner with the input sets of a workload, and what Linux says of the time that it takes."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pytest_kernelbench.judge.blocks import Timed
from pytest_kernelbench.judge.oracle import signature
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.model.task import Task
from pytest_kernelbench.runner.answers import Answer
from pytest_kernelbench.runner.child import RunnerDied, RunnerSettings
from pytest_kernelbench.runner.client import Runner

THREADS = 1
"""Threads that torch may use, on either side."""

BASELINES: Mapping[str, str] = {
    "eager": "baseline = task.reference",
    "compile": "import torch\nbaseline = torch.compile(task.reference)",
}
"""What is added to a task's file to make a baseline of its reference."""


class Side:
    """A source of the engine: its runner is asked for batches of calls."""

    def __init__(self, runner: Runner, deadline: float) -> None:
        self.runner = runner
        self.deadline = deadline
        self.gated = True
        """Whether batches are the device's own time, with the host ahead of it, where a device has such."""
        self.within = 0.0
        """Processor seconds within batches; the next are those between them."""
        self.between = 0.0
        self.died = False
        self.processor: int | None = None
        self._last: float | None = None

    def stay_on(self, processor: int) -> None:
        """Keep the runner on one processor: no two are equally fast at a time, least of all on a virtual machine."""
        self.processor = processor
        for thread in os.listdir(f"/proc/{self.runner.pid}/task"):
            os.sched_setaffinity(int(thread), {processor})

    @property
    def moved(self) -> bool:
        """Whether it has left the processor that it was kept on."""
        return self.processor is not None and os.sched_getaffinity(self.runner.pid) != {self.processor}

    def prepare(self, task: Task, cases: Sequence[Case], written: bool) -> tuple[Answer, float]:
        """Make the input sets and use each once; return seconds per call with the answer. Raises `RunnerDied`."""
        return self.runner.prepare(
            cases, signature(task), driver=task.driver, written=written, threads=THREADS, seconds=self.left
        )

    def __call__(self, first: int, count: int) -> Timed:
        """Time a batch; raises `RunnerDied`."""
        before = self.runner.cpu_seconds()
        if self._last is not None:
            self.between += before - self._last
        try:
            said = self.runner.batch(first, count, threads=THREADS, gated=self.gated, seconds=self.left)
        except RunnerDied:
            self.died = True
            raise
        self._last = self.runner.cpu_seconds()
        self.within += self._last - before
        return Timed(*said, seen=self._last - before)

    @property
    def left(self) -> float:
        """Seconds until the time limit."""
        return max(1.0, self.deadline - time.monotonic())


@contextlib.contextmanager
def on_one_processor(sides: Sequence[Side]) -> Iterator[None]:
    """Keep all sides on one processor, since they work in turns anyway, and the judge off it."""
    free = os.sched_getaffinity(0)
    processor = max(free)
    for side in sides:
        side.stay_on(processor)
    os.sched_setaffinity(0, free - {processor} or free)
    try:
        yield
    finally:
        os.sched_setaffinity(0, free)


def trusted(
    settings: RunnerSettings,
    code: str,
    filename: str,
    task: Task,
    cases: Sequence[Case],
    *,
    written: bool,
    deadline: float,
) -> tuple[Side, float]:
    """Start a runner of our own code, whose entry point is `baseline`; return it with seconds per call.

    It is forked from the server that kernels come from and lives under their limits, but without a sandbox: compiling
    starts programs and reads what lies anywhere. What the sandbox adds to a call is not measurable.
    Raises `RunnerDied` where the code does not work.
    """
    side = Side(Runner(replace(settings, sandbox="off")), deadline)
    try:
        loaded = side.runner.load(code, filename, ["baseline"], side.left)
        answer, seconds = (loaded, 0.0) if loaded.status != "ok" else side.prepare(task, cases, written)
        if answer.status != "ok":
            raise RunnerDied(answer.status, answer.message)
    except RunnerDied:
        side.runner.close()
        raise
    return side, seconds
