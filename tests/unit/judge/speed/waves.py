"""A small task with kernels in plain torch, which the CPU can time, and a backend that measures for a moment."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pytest_kernelbench import Case, Task
from pytest_kernelbench.judge.comparison.oracle import Oracle
from pytest_kernelbench.judge.speed.backends import SpeedBackend, Timers
from pytest_kernelbench.judge.speed.baselines import NO_SPARES, TimedSpares
from pytest_kernelbench.judge.speed.benchmark import SpeedBenchmark
from pytest_kernelbench.judge.speed.interleaving import Measurement, Schedule
from pytest_kernelbench.model.judging import JudgingSettings
from pytest_kernelbench.model.turns import UNDIVIDED, Turns
from tests.support.judging import identity_of, kernel_of_text

CODE = """
from pytest_kernelbench import Case, Task, Tensor

def reference(input):
    return input.sin()

case = Case(input=Tensor((1000,)))
task = Task(reference, lambda draw, request: case, fixed_cases=(case,), workloads={"small": case})
"""

IN_PLACE = CODE.replace("input.sin()", "input.sin_()").replace("workloads=", 'mutates=("input",), workloads=')

RIGHT = "def wave(input):\n    return input.sin()\n"

SHORT = Schedule(looks=(5,), min_warm_up=0.0, max_warm_up=0.1)


def task_of_code(code: str) -> Task:
    """Return the task that a file with this text defines."""
    names: dict[str, Any] = {}
    exec(code, names)
    task: Task = names["task"]
    return task


class ShortBackend:
    """A backend that measures five blocks and finds whatever a test says."""

    clock = "a clock"
    parallel = False
    scales = True
    small = 1.8
    cache_bytes = 1
    notes: Sequence[str] = ("a note",)

    def __init__(self, **answers: Any) -> None:
        """`answers` are what the methods of these names return, or functions that are called in their place."""
        self.answers = answers
        self.closed = False

    def _answer(self, name: str, *arguments: Any) -> Any:
        found = self.answers.get(name)
        return found(*arguments) if callable(found) else found

    def too_large(self, task: Task, case: Case) -> str | None:
        return self._answer("too_large", task, case)

    def too_slow(self, seconds: float) -> str | None:
        return self._answer("too_slow", seconds)

    def schedule(self, *, once: bool) -> Schedule:
        return Schedule(looks=SHORT.looks, min_warm_up=0.0, max_warm_up=SHORT.max_warm_up, once=once)

    def placed(self, timers: Timers) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    def measure(self, timers: Timers, measure: Callable[[Callable[[], str | None]], Measurement]) -> Measurement:
        self._answer("measure", timers)
        return measure(lambda: None)

    def audit(self, timers: Timers, measurement: Measurement) -> str | None:
        return self._answer("audit", timers, measurement)

    def doubt(self, verdict: str, call_ratio: float) -> str | None:
        return self._answer("doubt", verdict, call_ratio)

    def figures(self, task: Task, case: Case, grade: str, device_seconds: float) -> dict[str, Any]:
        return self._answer("figures", grade, device_seconds) or {}

    def impossible(self) -> str | None:
        return self._answer("impossible")

    def close(self) -> None:
        self.closed = True


def benchmark_of(
    code: str = RIGHT,
    backend: SpeedBackend | None = None,
    task_code: str = CODE,
    turns: Turns = UNDIVIDED,
    spares: TimedSpares = NO_SPARES,
    **settings: Any,
) -> SpeedBenchmark:
    """Return a benchmark of a kernel on the workload `small`, in runners on the CPU."""
    options: Mapping[str, Any] = {"device": "cpu", "language": "torch", "timeout": 60.0, **settings}
    kernel, task = kernel_of_text(code, "wave"), task_of_code(task_code)
    judging, identity = JudgingSettings(**options), identity_of(kernel)
    return SpeedBenchmark(
        kernel,
        task,
        task_code,
        "small",
        judging,
        identity,
        Oracle(),
        backend or ShortBackend(),
        turns=turns,
        spares=spares,
    )
