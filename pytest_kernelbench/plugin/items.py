"""Test items: the correctness, compilation and speed of a kernel, with one record each. Imports no torch."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_kernelbench.evaluation.named_submission import NamedSubmission
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.printing import visible
from pytest_kernelbench.model.record import RIGHT, CompileRecord, Record, SpeedRecord
from pytest_kernelbench.model.source import METADATA, SUBMISSIONS
from pytest_kernelbench.plugin.keys import EVALUATION, RECORD, RESUMED, TOLD
from pytest_kernelbench.plugin.options import replayed
from pytest_kernelbench.plugin.saying import say

if TYPE_CHECKING:
    from pytest_kernelbench.evaluation.submission import SubmissionSession
    from pytest_kernelbench.model.submission import Kernel
    from pytest_kernelbench.model.targets import Target


class KernelFailure(Exception):
    """A kernel did not pass; the text is shown to the user."""


class Readable:
    """Shows errors in the user's input, and failing kernels, as a message without a traceback."""

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *args: Any, **kwargs: Any) -> Any:
        if isinstance(excinfo.value, (KernelBenchError, KernelFailure)):
            return visible(str(excinfo.value))
        return super().repr_failure(excinfo, *args, **kwargs)  # type: ignore[misc]


class KernelItem(Readable, pytest.Item):
    """A test of one kernel with one record as its result."""

    question: str
    """The kind of the record, which is also the marker."""

    def __init__(
        self, *, kernel: Kernel, submission: SubmissionSession, model: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.kernel, self.submission = kernel, submission
        self.add_marker(submission.marker(kernel.task))
        self.add_marker(self.question)
        if model is not None:
            self.add_marker(f"gpu_{model}")

    def runtest(self) -> None:
        """Judge the kernel, attach its record to the report, and fail unless it passed."""
        self.submission.session.shared.lock.say = partial(say, self.config)
        try:
            record, text = self.known() or self.answer()
        except Exception as error:
            self._record(self.submission.lost_record(self.kernel, self.name, f"{type(error).__name__}: {error}"))
            raise
        self._record(record)
        if record.status in RIGHT:
            return
        if record.status == "unsupported":
            pytest.skip(text())
        raise KernelFailure(text())

    def _record(self, record: Record) -> None:
        self.user_properties.append((RECORD, record.to_json()))
        if self.submission.told:
            self.user_properties.append((TOLD, self.submission.told))

    def known(self) -> tuple[Record, Callable[[], str]] | None:
        """Return the result of `answer` from the results file of an earlier session; None where it is not there."""
        if not self.submission.session.known.records:
            return None
        record = self.submission.session.known.answer(self.submission.lost_record(self.kernel, self.name, ""))
        if record is None:
            return None
        self.user_properties.append((RESUMED, True))
        return record, lambda: self.told(record)

    def answer(self) -> tuple[Record, Callable[[], str]]:
        """Return the record, and a function that returns the text of its failure."""
        raise NotImplementedError

    def told(self, record: Record) -> str:
        """Return the text of a failure from its record alone."""
        raise NotImplementedError

    def selection(self) -> str:
        """Return the pytest arguments that select this kernel alone, with every option that its verdict needs."""
        return " ".join([self._selects(), *replayed(self.config)])

    def _selects(self) -> str:
        """Return the pytest arguments that select this kernel alone, from the directory where pytest was started."""
        here = self.config.invocation_params.dir
        if self.submission.in_a_test:
            file = self.path.relative_to(here) if self.path.is_relative_to(here) else self.path
            return shlex.quote("::".join([str(file), *self.nodeid.split("::")[1:]]))
        if isinstance(self.submission, NamedSubmission) and self.kernel.origin is not None:
            return f"--kb-kernel={self.kernel.task}={self.kernel.origin.name}"
        path, root = self.submission.source.path, self.config.rootpath
        if path.is_relative_to(root / SUBMISSIONS) and here == root:
            name = path.relative_to(root / SUBMISSIONS).as_posix()
            return f"--kb-submission={shlex.quote(name)} {shlex.quote(self.nodeid)}"
        whole = self.path if self.path.name != METADATA else self.path.parent
        file = whole.relative_to(here) if whole.is_relative_to(here) else whole
        alone = "" if self.kernel.line is None and self.kernel.origin is None else f" -k {self.kernel.task}"
        return f"--kb-submission={shlex.quote(str(file))}{alone}"

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Name the kernel in reports."""
        file, line = self.submission.place(self.kernel)
        return Path(visible(str(file))), line - 1, f"{self.kernel.task} {self.name}"


class CorrectnessItem(KernelItem):
    """The correctness of a kernel: all facets, one record."""

    question = "correctness"

    def answer(self) -> tuple[Record, Callable[[], str]]:
        """Judge the kernel."""
        from pytest_kernelbench.report.failure import describe

        record, judgement = self.submission.judge(self.kernel, self.nodeid, self.selection())
        return record, lambda: describe(record, judgement.failed(), self.selection(), judgement.trial.printed)

    def told(self, record: Record) -> str:
        """Return the text of the first failure, the only one in a record."""
        from pytest_kernelbench.report.failure import describe

        return describe(record, [(record.failure, record.status)] if record.failure else [], self.selection())


class CompileItem(KernelItem):
    """The compilation of a kernel for one target."""

    question = "compile"

    def __init__(self, *, target: Target, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.target = target

    def answer(self) -> tuple[Record, Callable[[], str]]:
        """Compile what the kernel launches, unless the cache has the result."""
        from pytest_kernelbench.report.compiled import describe

        record, printed = self.submission.compile(self.kernel, self.target, self.selection())
        return record, lambda: describe(record, printed, self.selection())

    def told(self, record: Record) -> str:
        """Return why the kernel does not compile."""
        from pytest_kernelbench.report.compiled import describe

        assert isinstance(record, CompileRecord)
        return describe(record, "", self.selection())


class SpeedItem(KernelItem):
    """The speed of a kernel on one workload."""

    question = "speed"

    def __init__(self, *, workload: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.workload = workload

    def answer(self) -> tuple[Record, Callable[[], str]]:
        """Time the kernel against its baselines, if it is right."""
        from pytest_kernelbench.report.speed import describe

        record = self.submission.time(self.kernel, self.workload, self.selection())
        return record, lambda: describe(record, self.selection())

    def told(self, record: Record) -> str:
        """Return why the kernel was not timed."""
        from pytest_kernelbench.report.speed import describe

        assert isinstance(record, SpeedRecord)
        return describe(record, self.selection())


class MissingItem(Readable, pytest.Item):
    """A task for which a submission has no kernel."""

    record: Record

    @classmethod
    def of(
        cls, parent: pytest.Collector, submission: SubmissionSession, variant: str | None, task: str
    ) -> Iterator[MissingItem]:
        """Yield the items of a task, with the markers of its kernels."""
        inside = f"{variant}:{task}" if variant else task
        for name, model in submission.session.settings.pool.places(f"missing[{inside}]"):
            item: MissingItem = cls.from_parent(parent, name=name)
            item.record = submission.missing_record(variant, task)
            for marker in (submission.marker(task), "correctness", *([f"gpu_{model}"] if model else ())):
                item.add_marker(marker)
            yield item

    def runtest(self) -> None:
        """Record the missing kernel; skip or fail as `--kb-missing` says."""
        evaluation = self.config.stash[EVALUATION]
        if evaluation.known.answer(self.record) is not None:
            self.user_properties.append((RESUMED, True))
        self.user_properties.append((RECORD, self.record.to_json()))
        text = f"no kernel for {self.record.task} in {self.record.submission}"
        if evaluation.settings.missing == "skip":
            pytest.skip(text)
        raise KernelFailure(text)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Name the task in reports."""
        return Path(visible(str(self.path))), 0, self.name


def items(parent: pytest.Collector, submission: SubmissionSession, kernel: Kernel) -> Iterator[pytest.Item]:
    """Yield the items of a kernel: correctness, then each target, then each workload."""
    for name, model in submission.session.settings.pool.places("correctness"):
        yield CorrectnessItem.from_parent(parent, name=name, kernel=kernel, submission=submission, model=model)
    for target in submission.session.settings.targets:
        name = f"compile[{target.name}]"
        yield CompileItem.from_parent(parent, name=name, kernel=kernel, submission=submission, target=target)
    for workload in submission.workloads(kernel):
        for name, model in submission.session.settings.pool.places(f"speed[{workload}]"):
            about = {"kernel": kernel, "submission": submission, "model": model, "workload": workload}
            yield SpeedItem.from_parent(parent, name=name, **about)


def record_of(report: pytest.TestReport) -> Record | None:
    """Return the record in the report of an item's call; None for other reports."""
    carried = dict(report.user_properties).get(RECORD)
    return Record.from_json(carried) if report.when == "call" and isinstance(carried, str) else None
