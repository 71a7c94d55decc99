"""How long a submission of all tasks takes on one GPU: the judge's own code on a simulated GPU, in virtual time.

    python benchmarks/simulate_gpu.py [--workers 12] [--kernels N]

Each worker judges one kernel after the other and then times its workloads. `SpeedBenchmark`, its trial, the schedule of
measuring, replicates and the rules of the lock are the judge's; runners, the assessor and their latencies are those of
`simulated_gpu.py`, which lists the assumptions. Judging correctness is a row of cases: for each, the oracle on the CPU,
eager and the kernel on the GPU, and its compilations, as many in all as were seen. Every kernel is right.

Two locks are compared: one that a worker holds from its inputs to its last comparison and that judging ignores, as it
was, and one that is held alone for timing only and that everything else shares.
"""

from __future__ import annotations

import argparse
import contextlib
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from simulated_gpu import CALL, COMPILE, SPECIALISATIONS, SPEEDUPS, FakeAssessor, FakeRunner, Job, Machine
from virtual_time import LockedTurns, Turnstile, WholeTurns, World

from pytest_kernelbench.host.spares import Spares
from pytest_kernelbench.judge.comparison.oracle import Oracle
from pytest_kernelbench.judge.correctness import trial
from pytest_kernelbench.judge.correctness.facets import fixed_cases
from pytest_kernelbench.judge.speed import baselines, benchmark, timed_runner, timed_trial
from pytest_kernelbench.judge.speed.baselines import NO_SPARES, TimedSpares
from pytest_kernelbench.judge.speed.benchmark import SpeedBenchmark
from pytest_kernelbench.judge.speed.cuda import CudaBackend
from pytest_kernelbench.judge.speed.stopwatch import Stopwatch
from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.model.judging import JudgingSettings
from pytest_kernelbench.model.record import RecordIdentity
from pytest_kernelbench.model.submission import Kernel
from pytest_kernelbench.model.task import FACETS, Task
from pytest_kernelbench.model.turns import UNDIVIDED

ORACLE = 3.0
"""Seconds of the CPU's oracle for one kernel in all facets."""

GOAL = 600.0
"""Seconds in which all kernels are to be judged."""


@dataclass
class Plan:
    """A kernel, and what it is judged and timed on."""

    name: str
    task: Task
    code: str
    cases: int
    """Fixed cases and drawn cases of all facets."""
    jobs: dict[str, Job]
    """Workloads by name."""

    @classmethod
    def of(cls, catalogue: Catalogue, name: str, drawn: int) -> Plan:
        """Return the plan of a task's kernel, whose speedups are drawn by the names of its workloads."""
        task = catalogue.load(name)
        cases = sum(len(fixed_cases(task, facet)) for facet in FACETS if facet != "gradients") + drawn
        middle, spread = SPEEDUPS
        jobs = {
            workload: Job(task, case, middle * random.Random(f"{name} {workload}").lognormvariate(0.0, spread))
            for workload, case in task.workloads.items()
        }
        return cls(name, task, catalogue.code(name), cases, jobs)


@dataclass
class Found:
    """What a simulation has found."""

    seconds: float = 0.0
    """When the last worker was done."""
    spent: Counter[str] = field(default_factory=Counter)
    """Seconds of all workers by what they were spent on."""
    idle: float = 0.0
    """Seconds of workers without a kernel, before the last one was done."""
    replicates: int = 0
    """Pairs of processes that were timed."""
    verdicts: Counter[str] = field(default_factory=Counter)


class Simulation:
    """Workers that share a GPU and a list of kernels."""

    def __init__(self, plans: list[Plan], workers: int, *, whole: bool) -> None:
        """`whole` has a worker hold the lock for the whole of a workload, and judging ignore it."""
        self.plans = plans[::-1]
        self.workers = workers
        self.whole = whole
        self.world = World()
        self.machine = Machine(self.world)
        self.lock = Turnstile(self.world)
        self.random = random.Random(1)
        self.found = Found()
        self._ends: list[float] = []

    def run(self) -> Found:
        """Simulate until all kernels are judged."""
        errors: list[BaseException] = []

        def guarded() -> None:
            try:
                self._work()
            except BaseException as error:
                errors.append(error)

        for plan in self.plans:
            for job in plan.jobs.values():
                job.compiled = False
        with patched(self.world, self.runner):
            for _ in range(self.workers):
                self.world.start(guarded, None)
            self.world.run()
        for error in errors:
            raise error
        assert len(self._ends) == self.workers, "workers wait for each other"
        self.found.seconds, self.found.spent = max(self._ends), self.world.spent
        self.found.idle = sum(self.found.seconds - end for end in self._ends)
        return self.found

    def runner(self, settings: Any) -> FakeRunner:
        """Start a runner."""
        return FakeRunner(self.machine, settings, self.random)

    def _work(self) -> None:
        """Judge kernels until none is left; a spare runner enters the GPU while a kernel is judged."""
        assessor, spare = FakeAssessor(self.machine), self.runner(None)
        spares = NO_SPARES if self.whole else TimedSpares(*(Spares(bool, self.runner) for _ in range(2)))  # type: ignore[arg-type]
        while self.plans:
            plan, mine = self.plans.pop(), spare
            mine.load()
            spare = self.runner(None)
            self._judge(plan)
            assessor.forget()
            for workload, job in plan.jobs.items():
                self.world.current.context = job
                self._time(plan, workload, assessor, spares)
        self._ends.append(self.world.now)

    def _judge(self, plan: Plan) -> None:
        """Judge a kernel's correctness, with its compilations in the first calls."""
        turns = UNDIVIDED if self.whole else LockedTurns(self.lock)
        for number in range(plan.cases):
            self.world.spend("oracle", ORACLE / plan.cases)
            with turns.beside():
                self.machine.compute("calls", CALL / 10)
            if number < SPECIALISATIONS:  # the runner pauses meanwhile
                self.world.spend("compile", COMPILE * max(1.0, SPECIALISATIONS / plan.cases))
            with turns.beside():
                self.world.spend("calls", CALL)
                self.machine.compute("calls", CALL / 10)

    def _time(self, plan: Plan, workload: str, assessor: FakeAssessor, spares: TimedSpares) -> None:
        turns = WholeTurns(self.lock) if self.whole else LockedTurns(self.lock)
        kernel = Kernel(plan.name, "", Path(f"{plan.name}.py"), plan.code, 1, None, "")
        settings = JudgingSettings(device="cuda:simulated", timeout=3600.0)
        identity = RecordIdentity(
            submission="simulated", variant=None, task=plan.name, category="", device={}, versions={}, settings={},
            started="",
        )  # fmt: skip
        timed = SpeedBenchmark(
            kernel, plan.task, plan.code, workload, settings, identity, Oracle(),
            CudaBackend(Calm(), None), assessor, turns=turns, spares=spares,  # type: ignore[arg-type]
        )  # fmt: skip
        record = timed.run()
        if isinstance(turns, WholeTurns):
            turns.end()
        assert record.status == "passed", record.failure
        self.found.replicates += len(timed.measurements)
        self.found.verdicts[str(record.verdict)] += 1


class Calm:
    """A monitor of a GPU on which nothing disturbs (`judge.speed.cuda.Monitor`)."""

    def __init__(self) -> None:
        self.ours: set[int] = set()
        self.notes: dict[str, None] = {}

    def busy(self) -> list[str]:
        """Return nothing."""
        return []

    def since(self) -> str | None:
        """Return nothing."""
        return None

    def close(self) -> None:
        """Do nothing."""


@contextlib.contextmanager
def patched(world: World, runner: Callable[[Any], FakeRunner]) -> Iterator[None]:
    """Have the judge use the world's clock, and runners that `runner` starts."""
    with contextlib.ExitStack() as held:
        for module in (benchmark, timed_trial, timed_runner, trial):
            held.enter_context(mock.patch.object(module, "time", world.time))
        for module in (baselines, trial):
            held.enter_context(mock.patch.object(module, "Runner", runner))
        held.enter_context(mock.patch.object(benchmark, "ThreadPoolExecutor", world.pool))
        stopwatch = lambda: Stopwatch(world.time.perf_counter)  # noqa: E731
        held.enter_context(mock.patch.object(timed_trial, "Stopwatch", stopwatch))
        held.enter_context(mock.patch.object(timed_trial, "memory_of", return_value={}))
        yield


def table(found: dict[str, Found]) -> str:
    """Return the seconds of both locks by part, as a table in Markdown."""
    parts = Counter[str]()
    for each in found.values():
        parts.update(each.spent)
    rows = [f"| part (seconds of all workers) | {' | '.join(found)} |", "| --- |" + " --- |" * len(found)]
    for part, _ in parts.most_common():
        rows.append(f"| {part} | {' | '.join(f'{each.spent[part]:.0f}' for each in found.values())} |")
    rows.append(f"| idle at the end | {' | '.join(f'{each.idle:.0f}' for each in found.values())} |")
    rows.append(f"| pairs of processes | {' | '.join(str(each.replicates) for each in found.values())} |")
    rows.append(f"| **seconds in all** | {' | '.join(f'{each.seconds:.0f}' for each in found.values())} |")
    return "\n".join(rows)


def main() -> None:
    """Simulate both locks, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=12, help="processes that judge at the same time")
    parser.add_argument("--kernels", type=int, help="how many kernels; all tasks have one where this is not given")
    options = parser.parse_args()
    catalogue = Catalogue.find()
    names = [*catalogue.names()][: options.kernels]
    plans = [Plan.of(catalogue, name, JudgingSettings().examples) for name in names]
    workloads = sum(len(plan.jobs) for plan in plans)
    print(f"{len(plans)} kernels, {workloads} workloads, {options.workers} workers, goal {GOAL:.0f} s\n")
    found = {
        name: Simulation(plans, options.workers, whole=whole).run()
        for name, whole in (("lock for the whole", True), ("lock for timing alone", False))
    }
    print(table(found))
    print("\n" + "\n".join(f"{name}: {dict(each.verdicts)}" for name, each in found.items()))


if __name__ == "__main__":
    main()
