"""The recorder: takes records out of test reports into the results file, the terminal summary and the HTML report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_kernelbench.evaluation.resume import mend
from pytest_kernelbench.evaluation.submission import NamedSubmission
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.printing import visible
from pytest_kernelbench.model.record import Record
from pytest_kernelbench.plugin.annotations import Annotations
from pytest_kernelbench.plugin.items import record_of
from pytest_kernelbench.plugin.keys import RESUMED
from pytest_kernelbench.plugin.summary import summarise
from pytest_kernelbench.report.results import Results, load
from pytest_kernelbench.report.writer import write_report

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

    from pytest_kernelbench.evaluation.session import EvaluationSession
    from pytest_kernelbench.plugin.options import Reporting


class Recorder:
    """A plugin object of the controller, or of a session without workers."""

    def __init__(self, evaluation: EvaluationSession, reporting: Reporting, root: Path) -> None:
        self.evaluation = evaluation
        self.reporting = reporting
        self.root = root
        self._records: dict[str, Record] = {}
        """Records by node id; the last one of an item that another plugin runs again."""
        self._report: Path | None = None
        self._annotations = Annotations(reporting.checkout) if reporting.checkout else None
        self._resumed = 0
        self._whole = False
        self._cut: Path | None = None

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Stop workflow commands of GitHub Actions, since kernels can print them."""
        if self._annotations is not None:
            _print(session, [self._annotations.stop()])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the record of a report; make one for an item whose worker died."""
        carried = record_of(report)
        if carried is not None:
            self._keep(report, carried, resumed=RESUMED in dict(report.user_properties))
        elif report.failed and report.nodeid not in self._records and report.when not in ("call", "teardown"):
            record = self._lost(report)
            if record is not None:
                model = self.evaluation.settings.pool.model_of(report.nodeid)
                device = {"kind": f"cuda:{model}"} if model else record.device
                self._keep(report, replace(record, device=device))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Iterator[None]:
        """Write the report; print the annotations last, since pytest prints texts of kernels until the end."""
        self._write_report()
        yield
        if self._annotations is not None:
            _print(session, self._annotations.lines())

    def _write_report(self) -> None:
        settings, catalogue = self.evaluation.settings, self.evaluation.catalogue
        if self.reporting.report is None or not self._records:
            return
        if settings.results is not None:
            results = load([settings.results], catalogue)
        else:
            tasks = {name: file.category for name, file in catalogue.names().items()}
            results = Results(tuple(self._records.values()), tasks)
        self._report = write_report(results, self.reporting.report)

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        """Print the table of categories, the failures by kind, and the path of the report."""
        summarise(terminalreporter, list(self._records.values()), self.evaluation.catalogue.counts())
        if self.evaluation.settings.resume:
            terminalreporter.line(f"resumed {self._resumed:,} records of {self.evaluation.settings.results}")
        if self._cut is not None:
            terminalreporter.line(
                f"the last line of {self.evaluation.settings.results} was cut short: it is in {self._cut}"
            )
        if self._report is not None:
            asked = self.reporting.report
            instead = "" if self._report == asked else f", because {asked} could not be written"
            terminalreporter.write_line(f"kernelbench: report in {self._report}{instead}")

    def _keep(self, report: pytest.TestReport, record: Record, *, resumed: bool = False) -> None:
        self._records[report.nodeid] = record
        self._resumed += resumed
        if self._annotations is not None:
            path, line, _ = report.location
            self._annotations.add(record, self.root / path, line)
        results = self.evaluation.settings.results
        if results is not None and not resumed:
            results.parent.mkdir(parents=True, exist_ok=True)
            if not self._whole:
                self._whole, self._cut = True, mend(results)
            with results.open("a", encoding="utf-8") as stream:
                stream.write(record.to_json() + "\n")

    def _lost(self, report: pytest.TestReport) -> Record | None:
        """Return the record of a kernel whose worker died."""
        path, _, rest = report.nodeid.partition("::")
        for submission in self.evaluation.submissions:
            for kernel in submission.named if isinstance(submission, NamedSubmission) else ():
                if kernel.origin is not None and report.nodeid.startswith(
                    f"{kernel.origin.name.module}::{kernel.task}::"
                ):
                    message = f"the judge's worker died: {report.longreprtext}"
                    return submission.lost_record(kernel, rest.rpartition("::")[2], message)
            for file in submission.files:
                if not visible(file.as_posix()).endswith(path):
                    continue
                try:
                    kernels = submission.kernels(file)
                except KernelBenchError:
                    continue
                for kernel in kernels:
                    if (kernel.line is None and kernel.origin is None) or rest.startswith(f"{kernel.task}::"):
                        message = f"the judge's worker died: {report.longreprtext}"
                        return submission.lost_record(kernel, rest.rpartition("::")[2], message)
        return None


def _print(session: pytest.Session, lines: Iterable[str]) -> None:
    """Print lines to the terminal, if there is one."""
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None:
        for line in lines:
            terminal.write_line(line)
