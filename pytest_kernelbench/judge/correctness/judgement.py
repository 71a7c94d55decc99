"""Judging the correctness of a kernel: the facets in order, each with its fixed cases and then a random search."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.host.kept_code import KeptCode
from pytest_kernelbench.host.settings import confined
from pytest_kernelbench.host.spares import Spares
from pytest_kernelbench.judge.comparison.oracle import Oracle
from pytest_kernelbench.judge.correctness import elsewhere, facets, far_cases, gradients, hints, ranks
from pytest_kernelbench.judge.correctness.case_trial import CaseTrial
from pytest_kernelbench.judge.correctness.completion import complete
from pytest_kernelbench.judge.correctness.explanations import check_arguments
from pytest_kernelbench.judge.correctness.extra import try_drawn, try_extra
from pytest_kernelbench.judge.correctness.facets import settle
from pytest_kernelbench.judge.correctness.fallback import answered_elsewhere
from pytest_kernelbench.judge.correctness.provenance import Provenance, provenance_of
from pytest_kernelbench.judge.correctness.published import told_apart
from pytest_kernelbench.judge.correctness.refusals import REFUSED, attempt, status_of, within
from pytest_kernelbench.judge.correctness.threads import one_thread
from pytest_kernelbench.judge.correctness.trial import Finding
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.model.judging import JudgingSettings
from pytest_kernelbench.model.paths import MAX_RANGES, Paths
from pytest_kernelbench.model.record import (
    MAX_OBSERVATIONS,
    PUBLISHED_ONLY,
    RIGHT,
    Failure,
    Record,
    RecordIdentity,
    stage_of,
)
from pytest_kernelbench.model.rules import broken
from pytest_kernelbench.model.task import FACETS, GRADIENTS, Task
from pytest_kernelbench.model.turns import UNDIVIDED, Turns

if TYPE_CHECKING:
    from pytest_kernelbench.model.submission import Kernel

SEARCH_SHARE = 0.1
"""Share of a kernel's time limit for random search in all facets together; fixed cases are never left out."""

EXTRA_SHARE = 0.5
"""Time for large cases and long sums in all facets together, as a share of the time limit, which it extends."""

AUDITED_CASES = 6
"""Fixed cases on which the work of launches and of PyTorch is counted."""


class Judgement:
    """Judges the correctness of one kernel, once."""

    def __init__(
        self,
        kernel: Kernel,
        task: Task,
        settings: JudgingSettings,
        oracle: Oracle,
        identity: RecordIdentity,
        *,
        key: str | None,
        spares: Spares | None = None,
        kept: KeptCode | None = None,
        turns: Turns = UNDIVIDED,
    ) -> None:
        """`key` names the kernel's entry in the example database, or None; `turns` are those of a shared device.
        Raises `KernelBenchError` for a case of the settings with arguments that the task does not have.
        """
        if settings.case is not None:
            check_arguments(task, kernel.task, settings.case)
        self.kernel = kernel
        self.task = task = within(task, settings.domain) if settings.case is None else task
        self.settings = settings
        self.identity = identity
        self.key = key
        runner = confined(settings, kernel.origin)
        self.trial = CaseTrial(kernel, task, oracle, runner, settings.timeout)
        self.trial.spares, self.trial.kept, self.trial.turns = spares, kept, turns
        self.trial.domain = settings.domain if settings.case is None else None
        self.results: dict[str, str] = {}
        """Status by facet, for the facets that were tried."""
        self.findings: list[tuple[str, Finding]] = []
        """Facet (or `load`) and finding of each failure, in the order in which they were found."""
        self.provenance = Provenance()
        self.loaded = False
        """Whether the kernel was imported and has an entry point."""
        self.works_on_published = False
        """Whether a kernel that fails is right on the sizes that its benchmark publishes."""
        self.search_seconds = 0.0
        """Time spent on random search."""
        self.extra_seconds = 0.0
        """Time spent on large cases and long sums."""

    def run(self) -> Record:
        """Judge the kernel and return its record; nothing that the kernel does raises an exception here."""
        started = time.perf_counter()
        try:
            with one_thread():
                self._judge()
        finally:
            self.trial.close()
        trial = self.trial
        return self.identity.correctness(
            status=self._status(),
            stage=stage_of(self.results, loaded=self.loaded, ran=trial.examples > 0),
            facets=dict(self.results),
            grade=trial.grade if self.results.get("basic") in RIGHT else None,
            label=PUBLISHED_ONLY if self.works_on_published else self.provenance.label,
            kernel_share=self.provenance.share,
            launches=trial.launches,
            unrun_lines=self._unrun_lines(),
            failure=self._failure(),
            observations=[*self.provenance.observations, *trial.observed][:MAX_OBSERVATIONS],
            examples=trial.examples,
            seconds=round(time.perf_counter() - started, 3),
        )

    def _judge(self) -> None:
        try:
            self.trial.load()
        except Finding as finding:
            self._fail("load", finding)
            return
        self.loaded = True
        for facet in (each for each in self.settings.facets if each != GRADIENTS):
            self._facet(facet)
            if facet == "basic":
                self._provenance()
                if self.results[facet] not in RIGHT or self.rejections:
                    self._published()
                    return
            if self.results[facet] == "timeout":
                return
        self._gradients()
        self._published()
        self._fallback()

    def _gradients(self) -> None:
        """Judge backward passes where they were asked for by name, or all facets were; show others that there are."""
        try:
            if gradients.judged(self.trial, self.settings, right=not self.findings):
                self.results[GRADIENTS] = "passed"
        except Finding as finding:
            self._fail(GRADIENTS, finding)

    def _facet(self, facet: str) -> None:
        try:
            self._fixed_cases(facet)
            # A failing drawn case is smaller than a large one, and tells more.
            self._search(facet)
            self._extra_cases(facet)
            if facet == "basic":
                complete(self.trial, self.settings.completing, [("", case) for case in self._fixed(facet)])
            if facet == "sizes" and self.settings.case is None and not self.task.tied:
                hints.sizes(self.trial, self._fixed(facet))
                ranks.more_dimensions(self.trial, self._fixed(facet))
            if facet == "engine":
                self._elsewhere()
            if self.trial.violation is not None and self._reports_breach(facet):
                raise self.trial.violation
        except Finding as finding:
            self._fail(facet, finding)
        else:
            self.results[facet] = status_of(self.trial, facet)
            if facet == "basic" and facet not in self.trial.taken | self.trial.refusals.keys():
                self._fail(facet, Finding(REFUSED, "the declared domain has none of the plainest cases of the task"))
            elif facet in self.trial.refusals:
                self._fail(facet, self.trial.refusals[facet])

    def _reports_breach(self, facet: str) -> bool:
        """Whether a breach of contract that is known after a facet fails it: unless `contract` reports or did so."""
        later = self.settings.facets[list(self.settings.facets).index(facet) + 1 :]
        reported = any(finding is self.trial.violation for _, finding in self.findings)
        return "contract" not in later and not reported

    def _fixed_cases(self, facet: str) -> None:
        for case in self._fixed(facet):
            if self.settings.case is not None or not facets.is_far(case):
                attempt(self.trial, facet, case)
            elif far_cases.possible(self.settings.runner_device):
                far_cases.attempt_far(self.trial, facet, case)

    def _elsewhere(self) -> None:
        """Look at the launches of the workloads, and call the kernel as on other GPUs."""
        if self.settings.device != "interpreter" or self.settings.language != "triton":
            return
        workloads = [*self.task.workloads.items()] if self.settings.case is None else self._replayed
        elsewhere.workloads(self.trial, workloads)
        complete(self.trial, self.settings.completing, workloads)
        widest = [self.trial.widest[1]] if self.trial.widest is not None else []
        elsewhere.other_gpus(self.trial, list(dict.fromkeys([*self._fixed("engine")[:1], *widest])))

    @property
    def _replayed(self) -> list[tuple[str, Case]]:
        """The workload that is replayed, with its name; it is too large to run without a GPU."""
        found = [(name, case) for name, case in self.task.workloads.items() if case == self.settings.case]
        return found[:1] if self.settings.device == "interpreter" else []

    def _fixed(self, facet: str) -> list[Case]:
        """Return the fixed cases of a facet, or the case to replay instead of them."""
        if self.settings.case is None:
            return facets.fixed_cases(self.task, facet)
        return [self.settings.case] if not self._replayed else []

    def _extra_cases(self, facet: str) -> None:
        if self.settings.case is None:
            self.extra_seconds += try_extra(self.trial, facet, EXTRA_SHARE * self.settings.timeout - self.extra_seconds)

    def _search(self, facet: str) -> None:
        count = facets.examples(facet, self.settings.examples)
        budget = SEARCH_SHARE * self.settings.timeout - self.search_seconds
        if self.settings.case is not None or count == 0 or budget <= 0:
            return
        from pytest_kernelbench.judge.correctness.search import search

        started = time.monotonic()
        requests = facets.draw_requests(self.task, facet, self._working_dtypes())
        check: Callable[[Case], Any] = lambda case: try_drawn(self.trial, facet, case)  # noqa: E731
        try:
            key = f"{self.key}::{facet}" if self.key else None
            search(self.task, requests, check, count=count, budget=budget, key=key, seed=self.settings.seed)
        finally:
            self.search_seconds += time.monotonic() - started

    def _working_dtypes(self) -> Sequence[str]:
        """Return the dtypes for drawn cases: all of them only if the facet `dtypes` has passed, else the first."""
        return self.task.dtypes if self.results.get("dtypes") in RIGHT else self.task.dtypes[:1]

    def _provenance(self) -> None:
        if self.settings.device != "cpu" and self.settings.case is None:
            cases = [settle(self.task, case) for case in self.task.fixed_cases[:AUDITED_CASES]]
            try:
                self.provenance = provenance_of(self.trial, cases, right=self.results["basic"] in RIGHT)
            except Finding as finding:
                self._fail("basic", finding)

    def _published(self) -> None:
        """Note whether a kernel that fails on some sizes is right on those that its benchmark publishes."""
        facet, finding = self.findings[0] if self.findings else ("", None)
        if self.settings.case is not None or self.rejections or finding is None or facet not in ("basic", "sizes"):
            return
        if (explained := told_apart(self.trial, finding)) is not None:
            self.works_on_published, self.findings[0] = True, (facet, explained)

    def _fallback(self) -> None:
        """Note where the kernel answers without a launch that matters, if it has a label and is not wrong."""
        if self.provenance.label is None or self.wrong or self.settings.language != "triton":
            return
        passed = [facet for facet, status in self.results.items() if status in RIGHT]
        if (found := answered_elsewhere(self.trial, self.task, self.provenance.idle, passed)) is not None:
            self.trial.observed[found] = "fallback"

    @property
    def wrong(self) -> list[Finding]:
        """What is wrong with the kernel, in the order in which it was found; refusals are not."""
        return [finding for _, finding in self.findings if finding.status != REFUSED]

    @property
    def rejections(self) -> list[str]:
        """Why the kernel is rejected, in words; empty if it is not."""
        reasons = [self.provenance.reason] if self.provenance.rejected and self.settings.language == "triton" else []
        return [*reasons, *broken(self.trial.observed, self.settings.allow, self.settings.language)]

    def _unrun_lines(self) -> list[dict[str, Any]]:
        """Return the lines that never ran, if all facets were tried: a failure may keep others from being reached."""
        complete = self.settings.case is None and set(self.results) >= set(FACETS)
        paths = Paths.of(self.kernel.text()) if complete and self.trial.ran else None
        found = paths.unrun(self.trial.ran, entered=self.kernel.origin is not None) if paths is not None else []
        return [each.to_json() for each in found[:MAX_RANGES]]

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
            where = self.provenance.label if self.provenance.rejected else "audit"
            return Failure(str(where), "\n".join(self.rejections))
        failed = sorted(self.failed(), key=lambda each: each[1] == REFUSED)
        return failed[0][0] if failed else None

    def _status(self) -> str:
        if self.rejections:
            return "rejected"
        if self.findings:
            return self.wrong[0].status if self.wrong else REFUSED
        return "passed_within" if "passed_within" in self.results.values() else "passed"
