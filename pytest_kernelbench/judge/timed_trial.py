"""A kernel on the input sets on which it is timed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pytest_kernelbench.judge.oracle import Evidence, OracleError, evaluate
from pytest_kernelbench.judge.sides import THREADS, Side
from pytest_kernelbench.judge.trial import Finding, Trial
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.runner.answers import Answer
from pytest_kernelbench.runner.child import RunnerDied


class TimedTrial(Trial):
    """A kernel on its timed input sets: an answer is the last of a batch, which no call can tell from other batches."""

    index = 0
    """Input set that the next answer is about, and how many calls are made for it; the last of them is on that set."""
    calls = 1

    def prepare(self, cases: Sequence[Case], written: bool) -> Side:
        """Load the kernel, make its input sets and use each once; raises `Finding`."""
        self.sets = len(cases)
        self.load()
        side = self.side
        try:
            answer, _ = side.prepare(self.task, cases, written)
        except RunnerDied as death:
            raise self._dead(death, cases[0]) from None
        self.observe(answer)
        if answer.status != "ok":
            raise Finding(answer.status, answer.message, cases[0])
        return side

    @property
    def side(self) -> Side:
        """The runner, to be timed."""
        assert self._runner is not None
        return Side(self._runner, self.deadline)

    def evidence(self, case: Case) -> Evidence:
        """As for other cases, from a single perturbation, and not kept: workloads are large."""
        try:
            return evaluate(self.task, case, draws=1, elsewhere=self.oracle.elsewhere(self.kernel.task))
        except OracleError as error:
            raise Finding("error", str(error), case) from error

    def ask(
        self, case: Case, most: int, variant: Mapping[str, Any] | None = None, rewrite: Case | None = None
    ) -> Answer:
        """Return the answer on the set `index`, on new contents where there is `rewrite`."""
        side = self.side
        try:
            if rewrite is not None:
                side.runner.rewrite(self.index, rewrite, seconds=side.left)
            first = self.index + (self.sets - 1) * (self.calls - 1)
            side.runner.batch(first, self.calls, threads=THREADS, gated=True, seconds=side.left)
            answer = side.runner.last(rewrite or case, most=most, seconds=side.left)
        except RunnerDied as death:
            raise self._dead(death, rewrite or case) from None
        self.observe(answer)
        return answer
