"""From a kernel and a workload to a speed record: right first, then timed in turns with eager, then right again."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.judge import affordable
from pytest_kernelbench.judge.blocks import KERNEL, Measured, NoTime, Schedule, measure
from pytest_kernelbench.judge.clocks import hidden, swings
from pytest_kernelbench.judge.facets import reseeded
from pytest_kernelbench.judge.launches import LAUNCHES, figures, is_small, said, samples
from pytest_kernelbench.judge.sides import BASELINES, THREADS, Side, on_one_processor, trusted
from pytest_kernelbench.judge.timed_trial import TimedTrial
from pytest_kernelbench.judge.trial import Finding, Oracle
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.model.record import MOST_OBSERVATIONS, Failure, SpeedRecord
from pytest_kernelbench.model.rules import broken
from pytest_kernelbench.model.task import Task
from pytest_kernelbench.runner.child import RunnerDied, RunnerSettings
from pytest_kernelbench.runner.limits import descendants

if TYPE_CHECKING:
    from pytest_kernelbench.model.submission import Kernel

MEMORY = 12 << 30
"""Bytes that a runner may take: input sets, results, and what making them takes."""

MOST_NOTE = 300
"""Characters that are kept of why there is no such baseline."""

MOST_HIDDEN = 0.05
"""Share of a kernel's time that its runner may leave out: surely more is a lie."""


@dataclass(frozen=True, slots=True)
class SpeedPlan:
    """How kernels are timed; the same for all kernels of a session."""

    device: str = "cpu"
    baselines: tuple[str, ...] = ("eager",)
    seconds: float = 240.0
    """Time limit per kernel and workload."""
    language: str = "torch"
    """What the submission is written in."""
    allow: tuple[str, ...] = ()
    """Rules of the audit that do not reject."""
    sandbox: str = "best"
    """How much of the sandbox is insisted on, as in `runner.sandbox`."""


def not_timed(kernel: Kernel, workload: str, status: str, failure: Failure) -> SpeedRecord:
    """Return the record of a kernel that was not even tried on a workload."""
    rung = "basic" if status == "unsupported" else "runs"
    return SpeedRecord(
        kind="speed", submission="", variant=kernel.variant, task=kernel.task, category=kernel.category, status=status,
        rung=rung, failure=failure, kernel_sha256=kernel.sha256, workload=workload,
    )  # fmt: skip


class Unsupported(Exception):
    """This workload cannot be timed here; the text says why."""


class Speed:
    """One kernel on one workload, timed on a processor."""

    clock = "processor time of all threads; calls by the clock on the wall"

    def __init__(
        self, kernel: Kernel, task: Task, task_code: str, workload: str, plan: SpeedPlan, oracle: Oracle | None = None
    ) -> None:
        self.kernel = kernel
        self.task = task
        self.task_code = task_code
        self.workload = workload
        self.case = task.workloads[workload]
        self.plan = plan
        settings = RunnerSettings(plan.device, memory=MEMORY, cpu=None, sandbox=plan.sandbox)
        self.trial = TimedTrial(kernel, task, oracle or Oracle(), settings, plan.seconds)
        self.baselines: dict[str, Side] = {}
        self.others: dict[str, dict[str, Any]] = {}
        self.notes: list[str] = []
        self.timing: dict[str, Any] = {}
        self.measures: list[Measured] = []
        """By each pair of processes."""
        self.unconfirmed = False
        """Whether there was no time to ask other processes."""

    def run(self) -> SpeedRecord:
        """Time the kernel and return its record; never raises for anything that the kernel does."""
        started, clock = datetime.now(UTC), time.perf_counter()
        status, failure, fields = "passed", None, {}
        try:
            self._time()
            fields = self._figures()
        except Unsupported as reason:
            status, failure = "unsupported", Failure("workload", str(reason))
        except Finding as finding:
            case = repr(finding.case) if finding.case is not None else None
            facet = {"load_error": "load", "rejected": "timing"}.get(finding.status, "workload")
            status, failure = finding.status, Failure(facet, finding.message, case)
        finally:
            self._end()
        return SpeedRecord(
            kind="speed",
            submission="",
            variant=self.kernel.variant,
            task=self.kernel.task,
            category=self.kernel.category,
            status=status,
            rung="basic",
            facets={"basic": "passed"},
            observations=list(self.trial.observed)[:MOST_OBSERVATIONS],
            grade=self.trial.grade if status == "passed" else None,
            failure=failure,
            seconds=round(time.perf_counter() - clock, 3),
            started=started.isoformat(timespec="seconds"),
            kernel_sha256=self.kernel.sha256,
            workload=self.workload,
            baseline=self.plan.baselines[0],
            others=self.others,
            timing=self.timing,
            notes=list(dict.fromkeys(self.notes)),
            **fields,
        )

    def _time(self) -> None:
        """Time the kernel; a small difference is looked for in fresh processes, as often as it is found."""
        if (reason := self._unaffordable()) is not None:
            raise Unsupported(reason)
        cases = [reseeded(self.case, seed) for seed in range(affordable.input_sets(self.case, self._cache()))]
        while True:
            started = time.monotonic()
            self.measures.append(self._race(cases))
            now = time.monotonic()
            if len(self.measures) == LAUNCHES or not is_small(self.measures[-1], self.plan.baselines[0]):
                return
            if self.trial.deadline - now < 2 * (now - started):
                self.notes.append("a small difference, and no time to see it in other processes")
                self.unconfirmed = True
                return

    def _race(self, cases: Sequence[Case]) -> Measured:
        """Start both sides, see that the kernel is right, time it, see that it still is and that no clock lied."""
        self._end()
        written = bool(self.task.written(self.case) & set(self.case.arguments))
        for name in self.plan.baselines:
            self._baseline(name, cases, written)
        kernel = self.trial.prepare(cases, written)
        self.trial.run(cases[0])
        measured = self._measure(kernel, written, len(cases))
        # Which set, which contents and how many calls is decided now: no call so far could know.
        self.trial.calls = 1 if written else measured.calls + secrets.randbelow(measured.calls + 1)
        self.trial.index = secrets.randbelow(len(cases))
        fresh = reseeded(self.case, len(cases) + secrets.randbelow(1 << 30))
        self.trial.run(cases[self.trial.index], rewrite=fresh)
        if self.trial.violation is not None:
            raise self.trial.violation
        if reasons := broken(self.trial.observed, self.plan.allow, self.plan.language):
            raise Finding("rejected", "\n".join(reasons))
        self._audit(kernel, measured)
        return measured

    def _end(self) -> None:
        """End all runners."""
        self.trial.close()
        for side in self.baselines.values():
            side.runner.close()
        self.baselines.clear()

    def _baseline(self, name: str, cases: Sequence[Case], written: bool) -> None:
        """Start a trusted runner of the reference; the first baseline must work, others may be missing."""
        code = f"{self.task_code}\n\n{BASELINES[name]}\n"
        try:
            side, seconds = trusted(
                self.trial.settings, code, f"{self.kernel.task}.py", self.task, cases,
                written=written, deadline=self.trial.deadline,
            )  # fmt: skip
        except RunnerDied as death:
            if name == self.plan.baselines[0]:
                raise Unsupported(f"the baseline {name} cannot be timed: {death}") from None
            self.others[name] = {"note": f"no {name} baseline: {str(death)[:MOST_NOTE]}"}
            return
        self.baselines[name] = side
        if (reason := self._too_slow(seconds)) is not None and name == self.plan.baselines[0]:
            raise Unsupported(reason)

    def _unaffordable(self) -> str | None:
        """Return why the workload is too large for this device."""
        return affordable.too_large(self.task, self.case)

    def _too_slow(self, seconds: float) -> str | None:
        """Return why the workload is too slow for this device, by the seconds of one call of the baseline."""
        return affordable.too_slow(seconds)

    def _cache(self) -> int:
        """Return the bytes of the largest cache that input sets must not fit in."""
        return affordable.last_level_cache()

    def _schedule(self, written: bool) -> Schedule:
        return Schedule(batch_seconds=BATCH_SECONDS, most_seconds=MOST_SECONDS, once=written)

    def _since(self) -> str | None:
        """Return why the last block is to be left out, if anything has disturbed it."""
        return None

    def _placed(self, sides: Sequence[Side]) -> contextlib.AbstractContextManager[None]:
        return on_one_processor(sides)

    def _measure(self, kernel: Side, written: bool, sets: int) -> Measured:
        first, *rest = self.baselines
        sources = {first: self.baselines[first], KERNEL: kernel, **{name: self.baselines[name] for name in rest}}
        try:
            with self._placed([*sources.values()]):
                measured = measure(
                    sources, clock=time.perf_counter, schedule=self._schedule(written), watch=self._since
                )
        except NoTime as error:
            raise Finding("rejected", f"its clock stands still: {error}") from None
        except RunnerDied as death:
            if not kernel.died:
                raise Finding("error", f"the runner of a baseline has ended: {death}", self.case) from None
            raise self.trial._dead(death, self.case) from None
        letters = "ABCDEFGH"[: len(sources)]
        self.timing.update(
            clock=self.clock,
            calls=measured.calls,
            order=letters + letters[::-1],
            inputs=sets,
            threads=THREADS,
            warm=measured.warm,
            processes=len(self.measures) + 1,
        )
        return measured

    def _audit(self, kernel: Side, measured: Measured) -> None:
        """See that the kernel's clocks and the judge's agree, and that it worked when it was asked, and only then."""
        first = self.plan.baselines[0]
        for device in (True, False):
            unseen = hidden(measured, first, device=device)
            if unseen is not None and unseen.low > MOST_HIDDEN:
                text = f"the judge's clock saw {1 + unseen.share:.2f} times the time that its runner reports"
                raise Finding("rejected", f"{text} (at least {1 + unseen.low:.2f} times)")
        baseline = self.baselines[first]
        if kernel.between - baseline.between > MOST_HIDDEN * kernel.within:
            text = f"it used {kernel.between:.3f} processor seconds between its calls and {kernel.within:.3f} in them"
            raise Finding("rejected", f"{text}: it works on after a call has returned")
        if kernel.moved:
            raise Finding("rejected", "it has moved to another processor than the baseline's")
        if others := descendants(kernel.runner.pid):
            raise Finding("rejected", f"{len(others)} processes that it has started are at work beside it")
        waited = measured.by_the_host(first)
        if measured.verdict(first) == "faster" and waited is not None and waited.high < 1:
            raise Finding("rejected", f"it is slower by the clock on the wall ({waited.ratio:.2f}): others work for it")

    def _figures(self) -> dict[str, Any]:
        first = self.plan.baselines[0]
        found = {"baseline": samples(self.measures, first), KERNEL: samples(self.measures, KERNEL)}
        for name in self.plan.baselines[1:]:
            measures = [each for each in self.measures if name in each.estimates]
            if measures:
                seconds = median(each.device_seconds(name) for each in measures)
                self.others[name] = {"seconds": seconds, **said(measures, name)}
                found[name] = samples(measures, name)
            self.others.setdefault(name, {"note": f"no {name} baseline: too few blocks"})
        if not all(each.warm for each in self.measures):
            self.notes.append("not steady after the warm-up")
        if outside := swings(found[KERNEL]):
            self.notes.append(f"{outside} of {len(found[KERNEL])} batches beyond 5 median deviations")
        fields = figures(self.measures, first)
        return {**fields, "samples": found, **({"verdict": "unclear"} if self.unconfirmed else {})}


BATCH_SECONDS = 8e-3
"""Least length of a batch on a processor, whose scheduler takes more from a short one than a GPU's."""

MOST_SECONDS = 20.0
"""Seconds after which no block is begun on a processor."""
