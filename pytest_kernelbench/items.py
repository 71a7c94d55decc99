"""The questions that pytest asks about kernels, as items: each is answered by one record. Loads no torch."""

from __future__ import annotations

import contextlib
import shlex
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.record import CompileRecord, Record, SpeedRecord
from pytest_kernelbench.model.source import SUBMISSIONS

if TYPE_CHECKING:
    from pytest_kernelbench.model.submission import Kernel
    from pytest_kernelbench.model.targets import Target
    from pytest_kernelbench.session import Bench
    from pytest_kernelbench.shelf import Shelf

BENCH: pytest.StashKey[Bench] = pytest.StashKey()
"""Where the session's state lies in `config.stash`."""


PROPERTY = "kernelbench"
"""Name of the user property that carries a record from a worker to the controller."""

RESUMED = "kernelbench-resumed"
"""Name of the user property of an item that a record of the results file has answered."""


class KernelFailure(Exception):
    """A kernel did not pass; the text is what the user reads."""


class Readable:
    """Shows mistakes of users as one message, without a traceback."""

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *args: Any, **kwargs: Any) -> Any:
        if isinstance(excinfo.value, (KernelBenchError, KernelFailure)):
            return str(excinfo.value)
        return super().repr_failure(excinfo, *args, **kwargs)  # type: ignore[misc]


class KernelItem(Readable, pytest.Item):
    """One question about one kernel, which one record answers."""

    question: str
    """What is asked, and so the kind of the record and the marker."""

    def __init__(self, *, kernel: Kernel, shelf: Shelf, model: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kernel, self.shelf = kernel, shelf
        self.add_marker(shelf.marker(kernel.task))
        self.add_marker(self.question)
        if model is not None:
            self.add_marker(f"gpu_{model}")

    def runtest(self) -> None:
        """Judge the kernel, hand its record on, and fail unless it passed."""
        try:
            record, text = self.known() or self.answer()
        except Exception as error:
            self._record(self.shelf.lost_record(self.kernel, self.name, f"{type(error).__name__}: {error}"))
            raise
        self._record(record)
        if record.status == "passed":
            return
        if record.status == "unsupported":
            pytest.skip(text())
        raise KernelFailure(text())

    def _record(self, record: Record) -> None:
        record = replace(record, selection=self.selection())
        self.user_properties.append((PROPERTY, record.to_json()))

    def known(self) -> tuple[Record, Callable[[], str]] | None:
        """Return what `answer` would, where the results file of an earlier session has it."""
        if not self.shelf.bench.known.records:
            return None
        record = self.shelf.bench.known.answer(self.shelf.lost_record(self.kernel, self.name, ""))
        if record is None:
            return None
        self.user_properties.append((RESUMED, True))
        return record, lambda: self.told(record)

    def answer(self) -> tuple[Record, Callable[[], str]]:
        """Return the record, and what gives the text of a failure."""
        raise NotImplementedError

    def told(self, record: Record) -> str:
        """Return the text of a failure as far as its record has it."""
        raise NotImplementedError

    def selection(self) -> str:
        """Return the arguments of pytest that select this kernel alone, from where pytest was started."""
        path, root = self.shelf.source.path, self.config.rootpath
        here = self.config.invocation_params.dir
        if path.is_relative_to(root / SUBMISSIONS) and here == root:
            name = path.relative_to(root / SUBMISSIONS).as_posix()
            return f"--kb-submission={shlex.quote(name)} {shlex.quote(self.nodeid)}"
        file = self.path.relative_to(here) if self.path.is_relative_to(here) else self.path
        alone = "" if self.kernel.line is None else f" -k {self.kernel.task}"
        return f"--kb-submission={shlex.quote(str(file))}{alone}"

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Name the kernel in reports."""
        return self.path, self.kernel.first_line - 1, f"{self.kernel.task} {self.name}"


class CorrectnessItem(KernelItem):
    """One kernel's correctness: all facets, one record."""

    question = "correctness"

    def answer(self) -> tuple[Record, Callable[[], str]]:
        """Judge the kernel."""
        from pytest_kernelbench.report.failure import describe

        record, judgement = self.shelf.judge(self.kernel, self.nodeid)
        return record, lambda: describe(record, judgement.failed(), self.selection(), judgement.trial.printed)

    def told(self, record: Record) -> str:
        """Return the first failure: that is the one which records keep."""
        from pytest_kernelbench.report.failure import describe

        return describe(record, [(record.failure, record.status)] if record.failure else [], self.selection())


class CompileItem(KernelItem):
    """One kernel, compiled for one target."""

    question = "compile"

    def __init__(self, *, target: Target, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.target = target

    def answer(self) -> tuple[Record, Callable[[], str]]:
        """Compile what the kernel launches, unless an earlier session has."""
        from pytest_kernelbench.report.compiled import describe

        record, printed = self.shelf.compile(self.kernel, self.target)
        return record, lambda: describe(record, printed, self.selection())

    def told(self, record: Record) -> str:
        """Return why the kernel does not compile."""
        from pytest_kernelbench.report.compiled import describe

        assert isinstance(record, CompileRecord)
        return describe(record, "", self.selection())


class SpeedItem(KernelItem):
    """One kernel's speed on one workload."""

    question = "speed"

    def __init__(self, *, workload: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.workload = workload

    def answer(self) -> tuple[Record, Callable[[], str]]:
        """Time the kernel beside eager, if it is right."""
        from pytest_kernelbench.report.speed import describe

        with self.shelf.bench.turns.turn(self._say):
            record = self.shelf.time(self.kernel, self.workload)
        return record, lambda: describe(record, self.selection())

    def told(self, record: Record) -> str:
        """Return why the kernel was not timed."""
        from pytest_kernelbench.report.speed import describe

        assert isinstance(record, SpeedRecord)
        return describe(record, self.selection())

    def _say(self, text: str) -> None:
        """Tell the user at once, also from a worker of xdist, whose standard error is the controller's."""
        capture = self.config.pluginmanager.getplugin("capturemanager")
        with capture.global_and_fixture_disabled() if capture else contextlib.nullcontext():
            sys.stderr.write(f"{text}\n")


class MissingItem(Readable, pytest.Item):
    """A task for which a submission has no kernel."""

    record: Record

    @classmethod
    def of(cls, parent: pytest.Collector, shelf: Shelf, variant: str | None, task: str) -> Iterator[MissingItem]:
        """Make the items of a task, marked as the task's kernels are."""
        inside = f"{variant}:{task}" if variant else task
        for name, model in shelf.bench.settings.pool.places(f"missing[{inside}]"):
            item: MissingItem = cls.from_parent(parent, name=name)
            item.record = shelf.missing_record(variant, task)
            for marker in (shelf.marker(task), "correctness", *([f"gpu_{model}"] if model else ())):
                item.add_marker(marker)
            yield item

    def runtest(self) -> None:
        """Record that there is no kernel; skip or fail as the user asked."""
        bench: Bench = self.config.stash[BENCH]
        if bench.known.answer(self.record) is not None:
            self.user_properties.append((RESUMED, True))
        self.user_properties.append((PROPERTY, self.record.to_json()))
        text = f"no kernel for {self.record.task} in {self.record.submission}"
        if bench.settings.missing == "skip":
            pytest.skip(text)
        raise KernelFailure(text)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Name the task in reports."""
        return self.path, 0, self.name


def items(parent: pytest.Collector, shelf: Shelf, kernel: Kernel) -> Iterator[pytest.Item]:
    """Yield the items of a kernel: its correctness, then each target, then each workload."""
    for name, model in shelf.bench.settings.pool.places("correctness"):
        yield CorrectnessItem.from_parent(parent, name=name, kernel=kernel, shelf=shelf, model=model)
    for target in shelf.bench.settings.targets:
        name = f"compile[{target.name}]"
        yield CompileItem.from_parent(parent, name=name, kernel=kernel, shelf=shelf, target=target)
    for workload in shelf.workloads(kernel):
        for name, model in shelf.bench.settings.pool.places(f"speed[{workload}]"):
            about = {"kernel": kernel, "shelf": shelf, "model": model, "workload": workload}
            yield SpeedItem.from_parent(parent, name=name, **about)
