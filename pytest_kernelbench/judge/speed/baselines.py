"""The baselines of a benchmark: trusted runners of the reference, of which the first one decides."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pytest_kernelbench.host.client import Runner
from pytest_kernelbench.host.process import RunnerDied
from pytest_kernelbench.host.settings import RunnerSettings
from pytest_kernelbench.host.spares import Spares
from pytest_kernelbench.judge.speed.timed_runner import (
    BASELINE_CODE,
    TimedRunner,
    load_baseline,
    prepare_baseline,
    trusted,
)
from pytest_kernelbench.judge.speed.timed_trial import Unsupported
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.model.task import Task

MAX_NOTE = 300
"""Characters that a record keeps of why a baseline is missing."""


class TimedSpares(NamedTuple):
    """Runners that enter the device while others are timed; None where none is kept."""

    kernel: Spares | None = None
    """For the next kernel, or for another replicate."""
    baseline: Spares | None = None
    """For its first baseline."""


NO_SPARES = TimedSpares()
"""Where runners are started when they are needed."""


class Baselines:
    """The baselines of one kernel on one workload; those that do not decide may be missing."""

    def __init__(
        self,
        names: Sequence[str],
        task: Task,
        code: str,
        filename: str,
        settings: RunnerSettings,
        spares: Spares | None = None,
    ) -> None:
        """`code` is the text of the task's file; `settings` are those of the kernel's runner.

        `spares` keeps a runner for the next first baseline, which enters the device while others are timed.
        """
        self.names = names
        self.task = task
        self.settings = trusted(settings)
        self.spares = spares
        self.timers: dict[str, TimedRunner] = {}
        """The runners that have loaded their code, by name."""
        self.others: dict[str, dict[str, Any]] = {}
        """Fields of the record for the baselines that do not decide, by name."""
        self._code: Mapping[str, str] = {name: f"{code}\n\n{BASELINE_CODE[name]}\n" for name in names}
        self._filename = filename
        self._entering: dict[str, Runner] = {}

    @property
    def first(self) -> str:
        """The baseline that decides."""
        return self.names[0]

    def enter(self) -> None:
        """Start the runners of all baselines, so that they enter the device at the same time."""
        self._entering = {name: self._started(name) for name in self.names}

    def load(self, name: str, deadline: float) -> None:
        """Load a baseline in its runner; raises `Unsupported` if that of the first one fails."""
        runner = self._entering.pop(name, None) or self._started(name)
        with self._optional(name):
            self.timers[name] = load_baseline(runner, self._code[name], self._filename, deadline)
        if self.spares is not None and name == self.first:
            self.spares.prepare(self.settings)

    def prepare(self, name: str, cases: Sequence[Case], deadline: float, *, written: bool) -> float:
        """Make the input sets of a baseline, and return the seconds of a call; raises `Unsupported` as `load` does.

        They are 0 for one that is missing.
        """
        if (timer := self.timers.get(name)) is not None:
            timer.deadline = deadline
            with self._optional(name):
                return prepare_baseline(timer, self.task, cases, written)
        return 0.0

    def close(self) -> None:
        """End all runners."""
        for runner in (*self._entering.values(), *(timer.runner for timer in self.timers.values())):
            runner.close()
        self._entering.clear()
        self.timers.clear()

    def _started(self, name: str) -> Runner:
        return (
            self.spares.take(self.settings) if self.spares is not None and name == self.first else Runner(self.settings)
        )

    @contextlib.contextmanager
    def _optional(self, name: str) -> Iterator[None]:
        try:
            yield
        except RunnerDied as death:
            if name == self.first:
                raise Unsupported(f"the baseline {name} cannot be timed: {death}") from None
            self.others[name] = {"note": f"no {name} baseline: {str(death)[:MAX_NOTE]}"}
            self.timers.pop(name, None)
