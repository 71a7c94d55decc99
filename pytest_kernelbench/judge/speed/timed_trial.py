"""A trial of a kernel on the input sets on which it is timed."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_kernelbench.host.answers import Answer
from pytest_kernelbench.host.client import memory_of
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
    max_bytes = 0
    """Bytes of outputs that may be sent, as for the first case that was checked; all have the same shapes."""
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
        """Start the assessor's process, if it does not run, so that it enters the device while others do."""
        if self.assessor is not None:
            self.assessor.start()

    def ahead(self, case: Case) -> None:
        """Have the assessor collect the evidence for a case; if it cannot, that is found when the case is checked."""
        if self.assessor is not None:
            with self.turns.beside(), contextlib.suppress(OracleError):
                self.assessor.expect(self.kernel.task, case, ASSESSING)

    @contextlib.contextmanager
    def using(self, turn: contextlib.AbstractContextManager[object]) -> Iterator[None]:
        """Use the device in a turn; the wait for it is not the kernel's time, and a part of its own."""
        started = time.monotonic()
        with contextlib.ExitStack() as held:
            with self.watch.part("waiting"):
                held.enter_context(turn)
            self.deadline += time.monotonic() - started
            yield

    def beside(self) -> contextlib.AbstractContextManager[None]:
        """Return a context in which others may use the device, too."""
        return self.using(self.turns.beside())

    def alone(self) -> contextlib.AbstractContextManager[None]:
        """Return a context in which the kernel is timed and nobody else uses the device."""
        return self.using(self.turns.alone())

    def enter(self) -> TimedRunner:
        """Return a runner that has entered its device and loaded the kernel; raises `Finding`."""
        return TimedRunner(self.load(), self.deadline)

    def prepare(self, timer: TimedRunner, cases: Sequence[Case], written: bool) -> TimedRunner:
        """Make an input set of each case, call on two of them, and return the runner; raises `Finding`.

        `written` says that calls write their inputs, which are restored before each batch.
        """
        try:
            with self.beside_in_pieces() as pauses:
                timer.deadline = self.deadline
                answer, _ = timer.prepare(self.task, cases, written, pauses)
        except RunnerDied as death:
            raise self.died(death, cases[0]) from None
        self.observe(answer)
        if answer.status != "ok":
            raise Finding(answer.status, answer.message, cases[0])
        return timer

    def call(self, timer: TimedRunner, case: Case, *, sets: int, index: int, calls: int, edit: int) -> None:
        """Time one batch as in `check`, whose result is held for that, with `called`; raises `Finding`.

        To the kernel it is one more batch: the judge decides later which is right, and asks for nothing before.
        """
        timer.deadline = self.deadline
        with self.watch.part("calls"):
            try:
                self._batch(timer, sets=sets, index=index, calls=calls, edit=edit)
                timer.runner.hold(max_bytes=self.max_bytes, to_host=False, timeout=timer.left)
            except RunnerDied as death:
                raise self.died(death, case) from None

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
        called: bool = False,
    ) -> None:
        """Assess the last of `calls` calls in one batch, which runs on input set `index` out of `sets`.

        That set must hold the contents of the case; with `rewrite`, they are written there first, and with `edit`, the
        last call finds that edit of them. With `called`, the batch has run in `call`. Raises `Finding`.

        Others may use the device meanwhile, and it is not used while results are sent.
        """
        assessed = map_tensors(case, lambda path, recipe: replace(recipe, edited=edit)) if edit else case
        with self.watch.part("reference"), self.beside():
            evidence, max_bytes, inputs = self._expected(assessed)
        self.max_bytes = self.max_bytes or max_bytes
        with self.watch.part("calls"):
            try:
                with self.beside():
                    timer.deadline = self.deadline
                    if rewrite:
                        timer.runner.rewrite(index, case, timeout=timer.left)
                    if not called:
                        self._batch(timer, sets=sets, index=index, calls=calls, edit=edit)
                    timer.runner.hold(max_bytes=max_bytes, to_host=True, timeout=timer.left)
                answer = self._last(timer, case, max_bytes)
            except RunnerDied as death:
                raise self.died(death, case) from None
        if (rewrite or (self.expected is None and index == 0)) and (names := differing(inputs, timer.runner.inputs)):
            self.observed[f"its process reports other inputs than the judge made: {', '.join(names)}"] = ""
        self.expected = self.expected or inputs
        with self.watch.part("comparison"), self._judging():
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
            return self.assessor.assess(
                name, case, raw, out_is=out_is, on_gpu=self.on_gpu, timeout=ASSESSING, turn=self.beside()
            )
        except OracleError as error:
            raise Finding("error", str(error), case) from error

    @contextlib.contextmanager
    def _judging(self) -> Iterator[None]:
        """Do what the kernel has no part in: none of it is the kernel's time, waiting for turns included."""
        started, before = time.monotonic(), self.deadline
        try:
            yield
        finally:
            self.deadline = before + time.monotonic() - started

    def _expected(self, case: Case) -> tuple[Evidence | None, int, Mapping[str, str]]:
        """Return the evidence for a case, None if an assessor has it, the bytes of outputs that may be sent, and the
        checksums of its inputs.
        """
        try:
            with self._judging():
                if self.assessor is not None:
                    return None, *self.assessor.expect(self.kernel.task, case, ASSESSING)
                evidence = self._evidence(case)
                return evidence, evidence.max_bytes, checksums(evidence.arguments)
        except OracleError as error:
            raise Finding("error", str(error), case) from error

    def _evidence(self, case: Case) -> Evidence:
        """Return the evidence for a case; only the one for the first case is kept, because workloads are large."""
        if self._first is not None and self._first[0] == case:
            return self._first[1]
        eager_runner = self.oracle.eager_runner(self.kernel.task)
        evidence = collect_evidence(
            self.task, case, draws=1, eager_runner=eager_runner, tensor_cores=eager_runner is not None
        )
        if self._first is None:
            self._first = case, evidence
        return evidence

    def _batch(self, timer: TimedRunner, *, sets: int, index: int, calls: int, edit: int) -> None:
        """Have a batch timed whose last call is on input set `index` and, unless it is 0, its edit `edit`."""
        first, start = index + (sets - 1) * (calls - 1), edit and edit - (calls - 1)
        timer.runner.batch(first, calls, edit=start, threads=THREADS, gated=True, timeout=timer.left)

    def _last(self, timer: TimedRunner, case: Case, max_bytes: int) -> Answer:
        """Return the answer to the last call of the last batch."""
        header, body = timer.runner.last_raw(case, max_bytes=max_bytes, timeout=timer.left)
        answer = timer.runner.checked(case, header, body)
        self._raw = RawAnswer(header, body, memory_of(case)) if self.assessor is not None else None
        self.observe(answer)
        return answer
