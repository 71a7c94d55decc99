"""A trial of a kernel on the input sets on which it is timed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pytest_kernelbench.host.answers import Answer
from pytest_kernelbench.host.process import RunnerDied
from pytest_kernelbench.judge.comparison.evidence import Evidence, OracleError, collect_evidence
from pytest_kernelbench.judge.correctness.trial import Finding, Trial
from pytest_kernelbench.judge.speed.timed_runner import THREADS, TimedRunner
from pytest_kernelbench.model.case import Case, map_tensors


class TimedTrial(Trial):
    """A trial whose answers are the last calls of batches, which look to the kernel like any other batch."""

    _first: tuple[Case, Evidence] | None = None
    """The first case that was checked, and its evidence: further replicates begin with it again."""

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
        evidence = self._evidence(assessed)
        first = index + (sets - 1) * (calls - 1)
        rewritten = index if rewrite else None
        start = edit and edit - (calls - 1)
        answer = self._ask(timer, case, evidence.max_bytes, first=first, calls=calls, rewritten=rewritten, edit=start)
        self.assess(assessed, evidence, answer)

    def _evidence(self, case: Case) -> Evidence:
        """Return the evidence for a case; only the one for the first case is kept, because workloads are large."""
        if self._first is not None and self._first[0] == case:
            return self._first[1]
        try:
            eager_runner = self.oracle.eager_runner(self.kernel.task)
            evidence = collect_evidence(self.task, case, draws=1, eager_runner=eager_runner)
        except OracleError as error:
            raise Finding("error", str(error), case) from error
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
            answer = timer.runner.last(case, max_bytes=max_bytes, timeout=timer.left)
        except RunnerDied as death:
            raise self.died(death, case) from None
        self.observe(answer)
        return answer
