"""From a kernel to a record: the facets in order, each with its fixed cases first and a random search after them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.judge import facets, probes
from pytest_kernelbench.judge.facets import settle
from pytest_kernelbench.judge.labels import Label, label_of
from pytest_kernelbench.judge.threads import one_thread
from pytest_kernelbench.judge.trial import Finding, Oracle, Trial
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.model.record import MOST_OBSERVATIONS, Failure, Record, rung_of
from pytest_kernelbench.model.rules import broken
from pytest_kernelbench.model.task import FACETS, Task
from pytest_kernelbench.runner.child import RunnerSettings

if TYPE_CHECKING:
    from pytest_kernelbench.model.submission import Kernel

SEARCH_SHARE = 0.1
"""Part of a kernel's time limit that random search may take in all; the fixed cases are never cut."""

AUDITED = 6
"""Cases of the spine on which the work of a kernel is audited."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How kernels are judged; the same for all kernels of a session."""

    device: str = "interpreter"
    """As runners are told."""
    facets: tuple[str, ...] = FACETS
    examples: int = 48
    """Cases drawn per kernel, over all facets, beside the fixed ones."""
    seconds: float = 240.0
    """Time limit per kernel."""
    case: Case | None = None
    """The one case to replay instead of everything else."""
    seed: str | None = None
    """What decides which cases are drawn; Hypothesis decides when it is absent."""
    allow: tuple[str, ...] = ()
    """Rules of the audit that do not reject."""
    sandbox: str = "best"
    """How much of the sandbox is insisted on, as in `runner.sandbox`."""


class Judgement:
    """One kernel, judged."""

    def __init__(
        self, kernel: Kernel, task: Task, plan: Plan, oracle: Oracle, *, language: str, key: str | None
    ) -> None:
        self.kernel = kernel
        self.task = task
        self.plan = plan
        self.language = language
        self.key = key
        self.trial = Trial(kernel, task, oracle, RunnerSettings(plan.device, sandbox=plan.sandbox), plan.seconds)
        self.results: dict[str, str] = {}
        self.findings: list[tuple[str, Finding]] = []
        self.label = Label()
        self.loaded = False
        self.search_seconds = 0.0

    def run(self) -> Record:
        """Judge the kernel and return its record; never raises for anything that the kernel does."""
        started, clock = datetime.now(UTC), time.perf_counter()
        try:
            with one_thread():
                self._judge()
        finally:
            self.trial.close()
        trial = self.trial
        return Record(
            kind="correctness",
            submission="",
            variant=self.kernel.variant,
            task=self.kernel.task,
            category=self.kernel.category,
            status=self._status(),
            rung=rung_of(self.results, loaded=self.loaded, ran=trial.examples > 0),
            facets=dict(self.results),
            grade=trial.grade if self.results.get("basic") == "passed" else None,
            label=self.label.name,
            kernel_share=self.label.share,
            launches=trial.launches,
            failure=self._failure(),
            observations=[*self.label.observations, *trial.observed][:MOST_OBSERVATIONS],
            device={"kind": self.plan.device},
            examples=trial.examples,
            seconds=round(time.perf_counter() - clock, 3),
            started=started.isoformat(timespec="seconds"),
            kernel_sha256=self.kernel.sha256,
        )

    def _judge(self) -> None:
        try:
            self.trial.load()
        except Finding as finding:
            self._fail("load", finding)
            return
        self.loaded = True
        for facet in self.plan.facets:
            self._facet(facet)
            if facet == "basic":
                self._label()
                if self.results[facet] != "passed" or self.rejections:
                    return
            if self.trial.expired or self.results[facet] == "timeout":
                return

    def _facet(self, facet: str) -> None:
        try:
            self._spine(facet)
            self._search(facet)
            if facet == "contract" and self.trial.violation is not None:
                raise self.trial.violation
        except Finding as finding:
            self._fail(facet, finding)
        else:
            self.results[facet] = "passed"

    def _spine(self, facet: str) -> None:
        cases = [self.plan.case] if self.plan.case is not None else facets.spine(self.task, facet)
        for case in cases:
            probes.PROBES[facet](self.trial, case)

    def _search(self, facet: str) -> None:
        count = facets.examples(facet, self.plan.examples)
        budget = SEARCH_SHARE * self.plan.seconds - self.search_seconds
        if self.plan.case is not None or count == 0 or budget <= 0:
            return
        from pytest_kernelbench.judge.search import search

        started = time.monotonic()
        given = facets.given(self.task, facet, self._working_dtypes())
        check: Callable[[Case], Any] = lambda case: probes.PROBES[facet](self.trial, case)  # noqa: E731
        try:
            key = f"{self.key}::{facet}" if self.key else None
            search(self.task, given, check, count=count, seconds=budget, key=key, seed=self.plan.seed)
        finally:
            self.search_seconds += time.monotonic() - started

    def _working_dtypes(self) -> Sequence[str]:
        """Later facets draw all dtypes only where those are known to be right: each facet blames itself alone."""
        return self.task.dtypes if self.results.get("dtypes") == "passed" else self.task.dtypes[:1]

    def _label(self) -> None:
        if self.plan.device != "cpu" and self.plan.case is None:
            cases = [settle(self.task, case) for case in self.task.spine[:AUDITED]]
            self.label = label_of(self.trial, cases, right=self.results["basic"] == "passed")

    @property
    def rejections(self) -> list[str]:
        """Why this is not judged as a kernel, in words; nothing where it is."""
        reasons = [self.label.reason] if self.label.rejected and self.language == "triton" else []
        return [*reasons, *broken(self.trial.observed, self.plan.allow, self.language)]

    def _fail(self, facet: str, finding: Finding) -> None:
        if facet != "load":
            self.results[facet] = finding.status
        self.findings.append((facet, finding))

    def failed(self) -> list[tuple[Failure, str]]:
        """Return every failure with its status, in the order in which they were found."""
        return [
            (Failure(facet, finding.message, repr(finding.case) if finding.case is not None else None), finding.status)
            for facet, finding in self.findings
        ]

    def _failure(self) -> Failure | None:
        if self.rejections:
            where = self.label.name if self.label.rejected else "audit"
            return Failure(str(where), "\n".join(self.rejections))
        return next((failure for failure, _ in self.failed()), None)

    def _status(self) -> str:
        if self.rejections:
            return "rejected"
        return self.findings[0][1].status if self.findings else "passed"
