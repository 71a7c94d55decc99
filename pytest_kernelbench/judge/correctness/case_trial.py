"""A trial in which the kernel is called on one case after another, at a pace that the judge learns."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace as with_fields
from typing import Any

from pytest_kernelbench.host.answers import Answer
from pytest_kernelbench.host.client import Runner
from pytest_kernelbench.host.process import RunnerDied
from pytest_kernelbench.judge.comparison.evidence import Evidence, OracleError, signature
from pytest_kernelbench.judge.correctness.explanations import UNWRITTEN, unwritten
from pytest_kernelbench.judge.correctness.pace import Pace, TooSlow, size_of
from pytest_kernelbench.judge.correctness.trial import CALL_SHARE, Finding, Trial, whole
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.wire.conditions import ORDINARY, CallConditions

QUICK_SECONDS = 0.3
"""Seconds of a call that can be repeated on several other devices."""

PATIENCE = 4.0
"""How many times its allowance a call may take on a machine that has other things to do."""


class CaseTrial(Trial):
    """A trial in which the kernel is called on one case after another."""

    runner_seconds = 0.0
    """Time spent waiting for answers."""
    asked = False
    """Whether the kernel has asked for what differs between GPUs."""
    widest: tuple[int, Case] | None = None
    """The largest number of programs of a grid in a quick call that was right, and the case."""
    allowance: float | None = None
    """CPU seconds for a call on a case of the judge's choice; None for cases that every kernel must finish."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.pace = Pace()
        self.work_seconds = 0.0
        """CPU time of the last call that was answered, which other processes do not prolong; on a GPU the time."""
        self.seconds: dict[Case, float] = {}
        """The same of the last call on each case on which the kernel was right."""

    @property
    def hurried(self) -> bool:
        """Whether less than half of the kernel's time is left, on a GPU, where calls may include compiling."""
        return self.on_gpu and self.deadline - time.monotonic() < self.timeout / 2

    def run(self, case: Case, conditions: CallConditions = ORDINARY, rewrite: Case | None = None) -> Answer:
        """Call the kernel on a case and assess the answer; raises `Finding`.

        With `rewrite`, the kernel is called a second time on that case's contents in the same memory, and the second
        answer is assessed. Raises `TooSlow` where `allowance` does not suffice and that is no sign of a hang.
        """
        assessed = rewrite if rewrite is not None else case
        evidence = self.evidence(assessed)
        size = size_of(evidence)
        if self.allowance is not None and self.pace.least(size) > self.allowance:
            raise TooSlow(case)
        try:
            answer = self.ask(case, evidence.max_bytes, conditions, rewrite)
        except Finding as finding:
            if finding.status == "timeout" and self.allowance is not None and self.pace.most(size) > self.allowance:
                raise TooSlow(case) from None
            raise
        if answer.status == "ok":
            self.pace.note(size, self.work_seconds)
        try:
            self.assess(assessed, evidence, answer, conditions.out_is)
        except Finding as finding:
            if "got nan" in finding.message and self._unwritten(case, evidence, answer, conditions, rewrite):
                raise Finding(finding.status, f"{finding.message}\n{UNWRITTEN}", finding.case) from None
            raise
        self.seconds[assessed] = self.work_seconds
        programs = whole(answer.counts.get("programs"))
        if answer.seconds <= QUICK_SECONDS and (self.widest is None or programs > self.widest[0]):
            self.widest = (programs, assessed)
        return answer

    def _unwritten(
        self, case: Case, evidence: Evidence, answer: Answer, conditions: CallConditions, rewrite: Case | None
    ) -> bool:
        """Whether the result is NaN because uninitialised memory is: with other contents there, it is not."""
        if conditions.poison != "nan":
            return False
        try:
            other = self.ask(case, evidence.max_bytes, with_fields(conditions, poison="big"), rewrite)
        except Finding:
            return False
        return unwritten(answer, other)

    def evidence(self, case: Case) -> Evidence:
        """Return the evidence for a case; raises a `Finding` of status `error` if the reference fails."""
        try:
            return self.oracle(self.kernel.task, self.task, case)
        except OracleError as error:
            raise Finding("error", str(error), case) from error

    def ask(
        self, case: Case, max_bytes: int, conditions: CallConditions = ORDINARY, rewrite: Case | None = None
    ) -> Answer:
        """Call the kernel and return the answer without assessing it; raises `Finding` on a timeout or a dead runner.

        `max_bytes` limits the bytes of outputs that are accepted.
        """
        left = min(self.deadline - time.monotonic(), CALL_SHARE * self.timeout)
        if self.allowance is not None:
            left = min(PATIENCE * self.allowance, CALL_SHARE * self.timeout)
        if left <= 0:
            raise Finding("timeout", f"not judged within {self.timeout:.0f} s (--kb-timeout)", case)
        runner = self.runner
        if runner is None or not runner.alive:
            self.close()
            runner = self.load()
        with self.beside_in_pieces() as pauses:
            return self._called(runner, case, max_bytes, conditions, rewrite, left, pauses)

    def _called(
        self,
        runner: Runner,
        case: Case,
        max_bytes: int,
        conditions: CallConditions,
        rewrite: Case | None,
        timeout: float,
        pauses: Callable[[bool], float] | None,
    ) -> Answer:
        """Call the kernel in a runner that has loaded it; raises `Finding`."""
        started, before, waited = time.perf_counter(), runner.cpu_seconds(), self.waited
        try:
            answer = runner.call(
                case,
                signature(self.task),
                convention=self.task.calling_convention,
                conditions=with_fields(conditions, any_may_win=self.task.any_may_win),
                rewrite=rewrite,
                max_bytes=max_bytes,
                timeout=timeout,
                pauses=pauses,
            )
            self.observe(answer)
            self.asked |= answer.counts.get("asked") is True
            elapsed = time.perf_counter() - started - (self.waited - waited)
            self.work_seconds = elapsed if self.on_gpu else runner.cpu_seconds() - before
            return answer
        except RunnerDied as death:
            raise self.died(death, case) from None
        finally:
            self.runner_seconds += time.perf_counter() - started
