"""A kernel under trial: its runner, which is replaced when it dies, and what all calls have shown so far."""

from __future__ import annotations

import time
from dataclasses import replace as with_fields
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.host.answers import Answer, Output
from pytest_kernelbench.host.client import Runner
from pytest_kernelbench.host.process import RunnerDied, RunnerSettings
from pytest_kernelbench.judge.comparison.compare import compare
from pytest_kernelbench.judge.comparison.evidence import Evidence, OracleError, signature
from pytest_kernelbench.judge.comparison.oracle import Oracle
from pytest_kernelbench.judge.comparison.outputs import updated
from pytest_kernelbench.judge.correctness.explanations import UNWRITTEN, unwritten, wanted_signature
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.model.task import Task
from pytest_kernelbench.wire.conditions import ORDINARY, CallConditions
from pytest_kernelbench.wire.device_names import on_gpu
from pytest_kernelbench.wire.materialize import GUARD, materialize

if TYPE_CHECKING:
    from pytest_kernelbench.model.submission import Kernel

CALL_SHARE = 0.25
"""Share of a kernel's time limit that one call may take, so that a hang does not use up all of it."""

QUICK_SECONDS = 0.3
"""Seconds of a call that can be repeated on several other devices."""


class Finding(AssertionError):
    """A failure of a kernel: its status, the message for the user, and the case that shows it."""

    def __init__(self, status: str, message: str, case: Case | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.case = case


class Trial:
    """One kernel in a runner, and the assessment of its answers; subclasses define how the kernel is called."""

    def __init__(self, kernel: Kernel, task: Task, oracle: Oracle, settings: RunnerSettings, timeout: float) -> None:
        import torch  # noqa: F401 - the first import takes seconds, which must not count as the kernel's time

        self.kernel = kernel
        self.task = task
        self.oracle = oracle
        self.settings = settings
        self.timeout = timeout
        """Seconds for all calls of the kernel together."""
        self.deadline = time.monotonic() + timeout
        """End of the kernel's time, on the monotonic clock."""
        self.runner: Runner | None = None
        """The current runner; None before `load` and after a runner has died."""
        self.grade = "ieee"
        """Lowest grade of all right answers so far: `ieee` or `tf32`."""
        self.launches = 0
        """Largest number of launches of one call."""
        self.examples = 0
        """Number of calls that were assessed."""
        self.violation: Finding | None = None
        """The first breach of contract that was seen, in any facet."""
        self.printed = ""
        """The end of what the kernel printed, set by `close`."""
        self.orphaned = False
        """Whether a runner died because its fork server did; the findings are then not the kernel's fault."""
        self.ran: set[int] = set()
        """Lines of the kernel's file that have run; known on the interpreter only."""
        self.observed: dict[str, str] = {}
        """What the kernel does besides computing, each with the rule of the audit that it breaks or an empty text."""

    @property
    def expired(self) -> bool:
        """Whether the kernel's time is up."""
        return time.monotonic() >= self.deadline

    @property
    def on_gpu(self) -> bool:
        """Whether the kernel runs on a real GPU."""
        return on_gpu(self.settings.device)

    def load(self) -> Runner:
        """Start a runner, import the kernel and return the runner; raises `Finding`."""
        started = time.monotonic()
        self.runner = runner = Runner(self.settings)
        # Starting the first runner includes starting its fork server, which must not count as the kernel's time.
        self.deadline += time.monotonic() - started
        try:
            entries = entry_points(self.kernel, self.task)
            left = max(1.0, self.deadline - time.monotonic())
            answer = runner.load(self.kernel.text(), f"{self.kernel.task}.py", entries, CALL_SHARE * left)
        except RunnerDied as death:
            raise self.died(death, None) from None
        self.observe(answer)
        if answer.status != "ok":
            status = answer.status if answer.status in ("crash", "unsupported", "error") else "load_error"
            raise Finding(status, answer.text)
        return runner

    def observe(self, answer: Answer) -> None:
        """Keep what an answer tells beside the result."""
        self.observed |= {text: rule for rule, text in answer.observations}
        self.ran |= answer.lines

    def close(self) -> None:
        """End the runner, keeping the end of what the kernel printed."""
        if self.runner is not None:
            self.printed = self.runner.printed()
            self.runner.close()
            self.runner = None

    def died(self, death: RunnerDied, case: Case | None) -> Finding:
        """Close a runner that died, and return the finding for the kernel."""
        self.close()
        self.orphaned |= death.orphaned
        return Finding(death.status, str(death), case)

    def assess(self, case: Case, evidence: Evidence, answer: Answer) -> Answer:
        """Compare an answer with the evidence, note any breach of contract, and return it; raises `Finding`."""
        if answer.status != "ok":
            wanted = wanted_signature(self.task, self.kernel.task, answer.message, answer.frames)
            raise Finding(answer.status, "\n".join(filter(None, [answer.text, wanted])), case)
        self.examples += 1
        self.launches = max(self.launches, whole(answer.counts.get("launches")))
        if (breach := self._breach(case, answer)) is not None and self.violation is None:
            self.violation = Finding("contract", breach, case)
        verdict = compare(evidence, self.outputs(case, answer))
        if verdict.mismatch is not None:
            raise Finding(verdict.mismatch.status, verdict.mismatch.message, case)
        if verdict.grade == "tf32":
            self.grade = "tf32"
        return answer

    def outputs(self, case: Case, answer: Answer) -> list[Output]:
        """Return the results of a call, then the updated arguments."""
        return [*answer.outputs, *updated(self.task, case, answer)]

    def _breach(self, case: Case, answer: Answer) -> str | None:
        """Return how the call broke the contract, such as by writing to an input; None if it did not."""
        written = self.task.written(case)
        before = materialize(case).tensors
        for guarded, after, metadata in zip(before, answer.memory, answer.metadata, strict=True):
            now = guarded.snapshot()
            if len(after) != len(now) or after[:GUARD] != now[:GUARD] or after[-GUARD:] != now[-GUARD:]:
                return f"memory outside of {guarded.path} was written"
            if guarded.path.partition("[")[0] not in written and after != now:
                return f"{guarded.path} was changed: it is only an input"
            if metadata != [list(guarded.tensor.shape), list(guarded.tensor.stride())]:
                return f"shape or strides of {guarded.path} were changed"
        if answer.overwritten:
            return "the call changed the result of the previous call"
        if answer.unready:
            return "the result is not ready on the caller's stream: the kernel does not wait for work on another stream"
        for output in answer.outputs:
            if self.on_gpu and before and output.tensor is not None and output.device != "cuda":
                return f"the result is on the {output.device}, wanted on the GPU"
            if output.alias and not self.task.contract.alias and output.alias.partition("[")[0] not in written:
                return f"the result shares memory with {output.alias}"
        return None


class CaseTrial(Trial):
    """A trial in which the kernel is called on one case after another."""

    runner_seconds = 0.0
    """Time spent waiting for answers."""
    patience = float("inf")
    """Seconds that a call may take, where that is less than its share of the kernel's time."""
    asked = False
    """Whether the kernel has asked for what differs between GPUs."""
    widest: tuple[int, Case] | None = None
    """The largest number of programs of a grid in a quick call that was right, and the case."""

    @property
    def hurried(self) -> bool:
        """Whether less than half of the kernel's time is left, on a GPU, where calls may include compiling."""
        return self.on_gpu and self.deadline - time.monotonic() < self.timeout / 2

    def run(self, case: Case, conditions: CallConditions = ORDINARY, rewrite: Case | None = None) -> Answer:
        """Call the kernel on a case and assess the answer; raises `Finding`.

        With `rewrite`, the kernel is called a second time on that case's contents in the same memory, and the second
        answer is assessed.
        """
        assessed = rewrite if rewrite is not None else case
        evidence = self.evidence(assessed)
        answer = self.ask(case, evidence.max_bytes, conditions, rewrite)
        try:
            self.assess(assessed, evidence, answer)
        except Finding as finding:
            if "got nan" in finding.message and self._unwritten(case, evidence, answer, conditions, rewrite):
                raise Finding(finding.status, f"{finding.message}\n{UNWRITTEN}", finding.case) from None
            raise
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
        left = min(self.deadline - time.monotonic(), CALL_SHARE * self.timeout, self.patience)
        if left <= 0:
            raise Finding("timeout", f"not judged within {self.timeout:.0f} s (--kb-timeout)", case)
        runner = self.runner
        if runner is None or not runner.alive:
            self.close()
            runner = self.load()
        started = time.perf_counter()
        try:
            answer = runner.call(
                case,
                signature(self.task),
                convention=self.task.calling_convention,
                conditions=conditions,
                rewrite=rewrite,
                max_bytes=max_bytes,
                timeout=left,
            )
            self.observe(answer)
            self.asked |= answer.counts.get("asked") is True
            return answer
        except RunnerDied as death:
            raise self.died(death, case) from None
        finally:
            self.runner_seconds += time.perf_counter() - started


def whole(value: Any) -> int:
    """Return a count that a runner reported, or 0 for anything that is not a natural number."""
    return value if isinstance(value, int) and value >= 0 else 0


def entry_points(kernel: Kernel, task: Task) -> list[str]:
    """Return the names that a kernel's function may have, in order of preference."""
    return [name for name in (kernel.task, "kernel_function", task.entry) if name]
