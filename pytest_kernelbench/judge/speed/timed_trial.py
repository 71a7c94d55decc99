"""A trial of a kernel on the input sets on which it is timed."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_kernelbench.host.answers import Answer
from pytest_kernelbench.host.client import Runner, memory_of
from pytest_kernelbench.host.process import RunnerDied
from pytest_kernelbench.host.settings import RunnerSettings
from pytest_kernelbench.judge.comparison.evidence import Evidence, OracleError, collect_evidence
from pytest_kernelbench.judge.comparison.oracle import Oracle
from pytest_kernelbench.judge.comparison.verdict import Verdict
from pytest_kernelbench.judge.correctness.trial import Finding, Trial
from pytest_kernelbench.judge.speed.assessor import Assessor, RawAnswer
from pytest_kernelbench.judge.speed.stopwatch import Stopwatch
from pytest_kernelbench.judge.speed.timed_runner import THREADS, TimedRunner
from pytest_kernelbench.model.case import Case, map_tensors
from pytest_kernelbench.model.task import Task
from pytest_kernelbench.wire.checksums import checksums, differing

if TYPE_CHECKING:
    from pytest_kernelbench.model.submission import Kernel

ASSESSING = 300.0
"""Seconds that an assessor may take for one case."""


class Unsupported(Exception):
    """This workload cannot be timed here; the message says why."""


class TooSlow(Unsupported):
    """One call of the baseline takes too long here."""


class TimedTrial(Trial):
    """A trial whose answers are the last calls of batches, which look to the kernel like any other batch."""

    assessor: Assessor | None = None
    """What collects evidence and compares results in the place of this process; None where this process does."""
    expected: Mapping[str, str] | None = None
    """Checksums of the inputs of the first case that was checked, as the judge made them."""
    _spare: Runner | None = None
    """A runner that enters its device while others start."""
    _first: tuple[Case, Evidence] | None = None
    """The first case that was checked, and its evidence: further replicates begin with it again."""
    _raw: RawAnswer | None = None
    """The latest answer as it arrived, for the assessor."""

    def __init__(self, kernel: Kernel, task: Task, oracle: Oracle, settings: RunnerSettings, timeout: float) -> None:
        super().__init__(kernel, task, oracle, settings, timeout)
        self.watch = Stopwatch()
        """Where the seconds go."""

    def begin(self) -> None:
        """Begin to count the kernel's time: it must not pay for those who were timed before it."""
        self.deadline = time.monotonic() + self.timeout
        self.watch.begin()

    def warm(self) -> None:
        """Start the process of the kernel, and the assessor's, so that they enter the device meanwhile."""
        if self.assessor is not None:
            self.assessor.start()
        self._spare = self._spare or Runner(self.settings)

    def ahead(self, case: Case) -> None:
        """Have the assessor collect the evidence for a case; if it cannot, that is found when the case is checked."""
        if self.assessor is not None:
            with contextlib.suppress(OracleError):
                self.assessor.expect(self.kernel.task, case, ASSESSING)

    def started(self) -> Runner:
        """Return the runner that was started before, if there is one that still runs."""
        spare, self._spare = self._spare, None
        if spare is None or spare.alive:
            return spare or super().started()
        spare.close()
        return super().started()

    def close(self) -> None:
        """End the runner, and the one that was not used."""
        super().close()
        if self._spare is not None:
            self._spare.close()
            self._spare = None

    def prepare(self, cases: Sequence[Case], written: bool) -> TimedRunner:
        """Load the kernel, make an input set of each case, and call on two of them; raises `Finding`.

        `written` says that calls write their inputs, which are restored before each batch.
        """
        timer = TimedRunner(self.load(), self.deadline)
        try:
            answer, _ = timer.prepare(self.task, cases, written)
        except RunnerDied as death:
            raise self.died(death, cases[0]) from None
        self.observe(answer)
        if answer.status != "ok":
            raise Finding(answer.status, answer.message, cases[0])
        return timer

    def check(
        self,
        timer: TimedRunner,
        case: Case,
        *,
        sets: int,
        index: int = 0,
        calls: int = 1,
        rewrite: bool = False,
        edit: int = 0,
    ) -> None:
        """Assess the last of `calls` calls in one batch, which runs on input set `index` out of `sets`.

        That set must hold the contents of the case; with `rewrite`, they are written there first, and with `edit`, the
        last call finds that edit of them. Raises `Finding`.
        """
        assessed = map_tensors(case, lambda path, recipe: replace(recipe, edited=edit)) if edit else case
        with self.watch.part("reference"):
            evidence, max_bytes, inputs = self._expected(assessed)
        timer.deadline = self.deadline
        first = index + (sets - 1) * (calls - 1)
        rewritten = index if rewrite else None
        start = edit and edit - (calls - 1)
        with self.watch.part("calls"):
            answer = self._ask(timer, case, max_bytes, first=first, calls=calls, rewritten=rewritten, edit=start)
        if (rewrite or (self.expected is None and index == 0)) and (names := differing(inputs, timer.runner.inputs)):
            self.observed[f"its process reports other inputs than the judge made: {', '.join(names)}"] = ""
        self.expected = self.expected or inputs
        with self.watch.part("comparison"):
            self.assess(assessed, evidence, answer)

    def same_inputs(self, name: str, baseline: TimedRunner, case: Case) -> None:
        """Check that a baseline, which is trusted, has the inputs of the first case by which results are judged.

        Raises `Finding`, an error of this machine or of ours. What a kernel's process reports is only observed: if its
        inputs are others, its results are wrong.
        """
        if names := differing(self.expected or {}, baseline.runner.inputs):
            inputs = f"inputs {', '.join(names)} of the baseline {name} differ from those by which results are judged"
            raise Finding("error", f"the {inputs}: one recipe gave two results on this machine", case)

    def compared(
        self, case: Case, evidence: Evidence | None, answer: Answer, out_is: str | None
    ) -> tuple[Verdict, str | None]:
        """Return verdict and breach as the assessor finds them, where there is one."""
        if self.assessor is None or self._raw is None:
            return super().compared(case, evidence, answer, out_is)
        name, raw, self._raw = self.kernel.task, self._raw, None
        try:
            return self.assessor.assess(name, case, raw, out_is=out_is, on_gpu=self.on_gpu, timeout=ASSESSING)
        except OracleError as error:
            raise Finding("error", str(error), case) from error

    def _expected(self, case: Case) -> tuple[Evidence | None, int, Mapping[str, str]]:
        """Return the evidence for a case, None if an assessor has it, the bytes of outputs that may be sent, and the
        checksums of its inputs.
        """
        started = time.monotonic()
        try:
            if self.assessor is not None:
                return None, *self.assessor.expect(self.kernel.task, case, ASSESSING)
            evidence = self._evidence(case)
            return evidence, evidence.max_bytes, checksums(evidence.arguments)
        except OracleError as error:
            raise Finding("error", str(error), case) from error
        finally:
            # What is right is not for the kernel to find out.
            self.deadline += time.monotonic() - started

    def _evidence(self, case: Case) -> Evidence:
        """Return the evidence for a case; only the one for the first case is kept, because workloads are large."""
        if self._first is not None and self._first[0] == case:
            return self._first[1]
        eager_runner = self.oracle.eager_runner(self.kernel.task)
        evidence = collect_evidence(self.task, case, draws=1, eager_runner=eager_runner)
        if self._first is None:
            self._first = case, evidence
        return evidence

    def _ask(
        self,
        timer: TimedRunner,
        case: Case,
        max_bytes: int,
        *,
        first: int,
        calls: int,
        rewritten: int | None,
        edit: int,
    ) -> Answer:
        """Have a batch timed and return the answer to its last call; raises `Finding` if the runner dies."""
        try:
            if rewritten is not None:
                timer.runner.rewrite(rewritten, case, timeout=timer.left)
            timer.runner.batch(first, calls, edit=edit, threads=THREADS, gated=True, timeout=timer.left)
            header, body = timer.runner.last_raw(case, max_bytes=max_bytes, timeout=timer.left)
            answer = timer.runner.checked(case, header, body)
            self._raw = RawAnswer(header, body, memory_of(case)) if self.assessor is not None else None
        except RunnerDied as death:
            raise self.died(death, case) from None
        self.observe(answer)
        return answer
