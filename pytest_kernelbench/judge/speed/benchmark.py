"""Timing a kernel on a workload: check that it is right, time it interleaved with baselines, check it again."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.host.kept_code import KeptCode
from pytest_kernelbench.host.process import RunnerDied
from pytest_kernelbench.host.settings import confined
from pytest_kernelbench.judge.comparison.oracle import Oracle
from pytest_kernelbench.judge.correctness.facets import reseeded
from pytest_kernelbench.judge.correctness.trial import Finding
from pytest_kernelbench.judge.speed.assessor import Assessor
from pytest_kernelbench.judge.speed.backends import SpeedBackend
from pytest_kernelbench.judge.speed.baselines import NO_SPARES, Baselines, TimedSpares
from pytest_kernelbench.judge.speed.clock_audit import outliers
from pytest_kernelbench.judge.speed.interleaving import KERNEL, Measurement, NoTime, measure
from pytest_kernelbench.judge.speed.replicates import combined, figures, samples, settled
from pytest_kernelbench.judge.speed.scaled import halved, scaled
from pytest_kernelbench.judge.speed.timed_runner import THREADS, TimedRunner, fresh_edit
from pytest_kernelbench.judge.speed.timed_trial import TimedTrial, TooSlow, Unsupported
from pytest_kernelbench.judge.speed.workload_limits import input_sets
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.model.judging import JudgingSettings
from pytest_kernelbench.model.record import MAX_OBSERVATIONS, SCALED, Failure, RecordIdentity, SpeedRecord
from pytest_kernelbench.model.rules import broken
from pytest_kernelbench.model.task import Task
from pytest_kernelbench.model.turns import UNDIVIDED, Turns
from pytest_kernelbench.wire.edits import can_edit

if TYPE_CHECKING:
    from pytest_kernelbench.model.submission import Kernel

MEMORY = 12 << 30
"""Bytes of memory for a runner: input sets, results, and the making of both."""


class SpeedBenchmark:
    """Times one kernel on one workload, once."""

    def __init__(
        self,
        kernel: Kernel,
        task: Task,
        task_code: str,
        workload: str,
        settings: JudgingSettings,
        identity: RecordIdentity,
        oracle: Oracle,
        backend: SpeedBackend,
        assessor: Assessor | None = None,
        kept: KeptCode | None = None,
        turns: Turns = UNDIVIDED,
        spares: TimedSpares = NO_SPARES,
    ) -> None:
        """`task_code` is the text of the task's file, from which the baselines are made.

        `assessor` compares results in the place of this process, on the device on which kernels are timed;
        `kept` is what Triton has compiled for the kernel before; `turns` says when the device may be used; `spares` are
        runners that enter it for those who are timed next.
        """
        self.kernel = kernel
        self.task = task
        self.workload = workload
        """Name of the workload, which says whether it is a scaled one."""
        self.case = task.workloads[workload]
        self.settings = settings
        self.identity = identity
        self.backend = backend
        runner = confined(settings, kernel.origin, memory=MEMORY, cpu=None)
        self.trial = TimedTrial(kernel, task, oracle, runner, settings.timeout)
        self.trial.assessor, self.trial.kept, self.trial.turns = assessor, kept, turns
        self.trial.spares = spares.kernel
        self.baselines = Baselines(settings.baselines, task, task_code, f"{kernel.task}.py", runner, spares.baseline)
        self.watch = self.trial.watch
        """Where the seconds go."""
        self.notes: list[str] = []
        """Notes of the record."""
        self.timing: dict[str, Any] = {}
        """How the kernel was timed, for the record."""
        self.measurements: list[Measurement] = []
        """One measurement for each replicate, that is for each pair of fresh processes."""
        self.unconfirmed = False
        """Whether a small difference was found and there was no time for further replicates."""

    def run(self) -> SpeedRecord:
        """Time the kernel and return its record; nothing that the kernel does raises an exception here."""
        started = time.perf_counter()
        self.trial.begin()
        status, failure, fields = "passed", None, {}
        try:
            self._time()
            fields = self._figures()
            if (reason := self.backend.impossible()) is not None:
                status, failure = "rejected", Failure("timing", reason)
                fields["verdict"] = "impossible"
        except Unsupported as unsupported:
            status, failure = "unsupported", Failure("workload", str(unsupported))
        except Finding as finding:
            case = repr(finding.case) if finding.case is not None else None
            facet = {"load_error": "load", "rejected": "timing"}.get(finding.status, "workload")
            status, failure = finding.status, Failure(facet, finding.message, case)
        finally:
            self._end()
        self.timing["seconds"] = self.watch.rounded()
        return self.identity.speed(
            status=status,
            stage="basic",
            facets={"basic": "passed"},
            observations=list(self.trial.observed)[:MAX_OBSERVATIONS],
            grade=self.trial.grade if status == "passed" or fields else None,
            failure=failure,
            seconds=round(time.perf_counter() - started, 3),
            workload=self.workload,
            baseline=self.baselines.first,
            others=self.baselines.others,
            timing=self.timing,
            notes=list(dict.fromkeys([*self.notes, *self.backend.notes])),
            **fields,
        )

    def _time(self) -> None:
        """Time the kernel; a small difference is measured again in fresh processes until it is settled."""
        if (reason := self.backend.too_large(self.task, self.case)) is not None:
            self._scale(scaled(self.task, self.case, self.backend.too_large), reason)
        while True:
            started = time.monotonic()
            cases = [reseeded(self.case, seed) for seed in range(input_sets(self.case, self.backend.cache_bytes))]
            try:
                self.measurements.append(self._replicate(cases))
            except TooSlow as slow:
                self._scale(halved(self.task, self.case), str(slow))
                continue
            now = time.monotonic()
            if settled(self.measurements, self.baselines.first, self.backend.small):
                return
            if self.trial.deadline - now < 2 * (now - started):
                self.notes.append("a small difference, and no time to measure it again in fresh processes")
                self.unconfirmed = True
                return

    def _scale(self, smaller: Case | None, reason: str) -> None:
        """Time a smaller case in the place of the workload; raises `Unsupported` where there is none."""
        if smaller is None or not self.backend.scales:
            raise Unsupported(reason)
        self.case = smaller
        self.workload = self.workload.removesuffix(SCALED) + SCALED
        self.timing["scaled"] = repr(smaller)

    def _replicate(self, cases: Sequence[Case]) -> Measurement:
        """Start fresh processes, check the kernel, time it, check it again, and audit its clock; raises `Finding`."""
        if self.baselines.timers or self.trial.runner is not None:
            self._end()
        written, sets = bool(self.task.written(self.case) & set(self.case.arguments)), len(cases)
        with self.watch.part("start"):
            kernel = self._started(cases, written)
        self.trial.check(kernel, cases[0], sets=sets)
        for name, timer in self.baselines.timers.items():
            self.trial.same_inputs(name, timer, cases[0])

        # Input sets, contents and numbers of calls are drawn after timing, so that no earlier call can know them.
        def calls() -> int:
            return 1 if written else measurement.calls + secrets.randbelow(measurement.calls + 1)

        index, edited = secrets.randbelow(sets), can_edit(self.case)
        with self.trial.alone():
            with self.watch.part("timing"):
                measurement = self._measure(kernel, written, sets)
            edit = fresh_edit() + 2 * measurement.calls
            if edited:
                # Without a pause: after one, a kernel could expect that it is checked.
                self.trial.call(kernel, cases[index], sets=sets, index=index, calls=calls(), edit=edit)
        if edited:
            self.trial.check(kernel, cases[index], sets=sets, index=index, edit=edit, called=True)
        fresh = reseeded(self.case, sets + secrets.randbelow(1 << 30))
        self.trial.check(kernel, fresh, sets=sets, index=secrets.randbelow(sets), calls=calls(), rewrite=True)
        if self.trial.violation is not None:
            raise self.trial.violation
        if reasons := broken(self.trial.observed, self.settings.allow, self.settings.language):
            raise Finding("rejected", "\n".join(reasons))
        if (reason := self.backend.audit(self._timers(kernel), measurement)) is not None:
            raise Finding("rejected", reason)
        return measurement

    def _started(self, cases: Sequence[Case], written: bool) -> TimedRunner:
        """Start the baselines and the kernel, each with its input sets; at the same time where that saves time.

        Processes enter the device and load their code before a turn on it is asked for: that disturbs nobody.
        """
        if not self.backend.parallel:
            for name in self.baselines.names:
                self.baselines.load(name, self.trial.deadline)
                self._prepare_baseline(name, cases, written)
            return self.trial.prepare(self.trial.enter(), cases, written)
        self.trial.warm()
        with ThreadPoolExecutor(1) as beside:
            entering = beside.submit(self.trial.enter)
            self.baselines.enter()
            for name in self.baselines.names:
                self.baselines.load(name, self.trial.deadline)
        with ThreadPoolExecutor(2) as beside:
            # What the baseline lacks is said first.
            prepared = beside.submit(lambda: self.trial.prepare(entering.result(), cases, written))
            beside.submit(self.trial.ahead, cases[0])
            with contextlib.ExitStack() as held:
                with self.watch.part("waiting"):
                    held.enter_context(self.trial.turns.beside())
                for name in self.baselines.names:
                    self._prepare_baseline(name, cases, written)
        return prepared.result()

    def _end(self) -> None:
        """End all runners."""
        self.trial.close()
        self.baselines.close()

    def _prepare_baseline(self, name: str, cases: Sequence[Case], written: bool) -> None:
        """Make the input sets of a baseline; raises `TooSlow`."""
        seconds = self.baselines.prepare(name, cases, self.trial.deadline, written=written)
        if name == self.baselines.first and (reason := self.backend.too_slow(seconds)) is not None:
            raise TooSlow(reason)

    def _timers(self, kernel: TimedRunner) -> dict[str, TimedRunner]:
        """Return the runners by name: the deciding baseline, the kernel, further baselines."""
        first, *rest = timers = self.baselines.timers
        return {first: timers[first], KERNEL: kernel, **{name: timers[name] for name in rest}}

    def _measure(self, kernel: TimedRunner, written: bool, sets: int) -> Measurement:
        """Time all runners interleaved, and note how; raises `Finding`."""
        timers = self._timers(kernel)
        for timer in timers.values():
            timer.deadline = self.trial.deadline
        schedule = self.backend.schedule(once=written)
        try:
            with self.backend.placed(timers):
                measurement = self.backend.measure(
                    timers, lambda watch: measure(timers, clock=time.perf_counter, schedule=schedule, watch=watch)
                )
        except NoTime as error:
            raise Finding("rejected", f"it reports zero elapsed time: {error}") from None
        except RunnerDied as death:
            if not kernel.died:
                raise Finding("error", f"the runner of a baseline died: {death}", self.case) from None
            raise self.trial.died(death, self.case) from None
        letters = "ABCDEFGH"[: len(timers)]
        self.timing.update(
            clock=self.backend.clock,
            calls=measurement.calls,
            order=letters + letters[::-1],
            inputs=sets,
            threads=THREADS,
            warm=measurement.warm,
            processes=len(self.measurements) + 1,
        )
        return measurement

    def _figures(self) -> dict[str, Any]:
        """Return the fields of the record that come from the measurements."""
        first = self.baselines.first
        found = {"baseline": samples(self.measurements, first), KERNEL: samples(self.measurements, KERNEL)}
        for name in self.baselines.names[1:]:
            measured = [each for each in self.measurements if name in each.estimates]
            if measured:
                seconds = median(each.device_seconds(name) for each in measured)
                self.baselines.others[name] = {"seconds": seconds, **combined(measured, name)}
                found[name] = samples(measured, name)
            self.baselines.others.setdefault(name, {"note": f"no {name} baseline: too few blocks"})
        if not all(each.warm for each in self.measurements):
            self.notes.append("times were not steady after the warm-up")
        if beyond := outliers(found[KERNEL]):
            self.notes.append(f"{beyond} of {len(found[KERNEL])} batches are beyond 5 median absolute deviations")
        fields = figures(self.measurements, first)
        more = self.backend.figures(self.task, self.case, self.trial.grade, fields["device_seconds"])
        self.timing.update(more.pop("timing", {}))
        doubt = self.backend.doubt(fields["verdict"], fields["baseline_call_seconds"] / fields["call_seconds"])
        if doubt is not None:
            self.notes.append(doubt)
        unclear = self.unconfirmed or doubt is not None
        return {**fields, **more, "samples": found, **({"verdict": "unclear"} if unclear else {})}
