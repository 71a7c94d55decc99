"""Where records end up on the controller: the results file, line by line, the terminal summary, and the report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_kernelbench.items import PROPERTY, RESUMED
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.record import Record
from pytest_kernelbench.report.annotations import Annotations
from pytest_kernelbench.report.command import write_report
from pytest_kernelbench.report.results import Results, load
from pytest_kernelbench.report.summary import summarise
from pytest_kernelbench.resume import mend

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

    from pytest_kernelbench.session import Bench


class Sink:
    """A plugin object that takes the records out of test reports, wherever the tests ran."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self._records: dict[str, Record] = {}
        """By node id: of an item that another plugin runs again, the last."""
        self._report: Path | None = None
        self._annotations = Annotations(bench.settings.annotate) if bench.settings.annotate else None
        self._resumed = 0
        self._whole = False
        self._cut: Path | None = None

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Keep what kernels print from being commands to GitHub's runner."""
        if self._annotations is not None:
            _print(session, [self._annotations.stop()])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the record that a report carries; of an item whose worker died, make one."""
        properties = dict(report.user_properties)
        carried = properties.get(PROPERTY)
        if report.when == "call" and isinstance(carried, str):
            self._keep(report, Record.from_json(carried), resumed=RESUMED in properties)
        elif report.failed and report.nodeid not in self._records and report.when not in ("call", "teardown"):
            record = self._lost(report)
            if record is not None:
                model = self.bench.settings.pool.model_of(report.nodeid)
                device = {"kind": f"cuda:{model}"} if model else record.device
                self._keep(report, replace(record, device=device))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Iterator[None]:
        """Write the report; print the annotations after all that pytest prints, since it quotes kernels to the end."""
        self._write_report()
        yield
        if self._annotations is not None:
            _print(session, self._annotations.lines())

    def _write_report(self) -> None:
        settings, catalogue = self.bench.settings, self.bench.catalogue
        if settings.report is None or not self._records:
            return
        if settings.results is not None:
            results = load([settings.results], catalogue)
        else:
            tasks = {name: file.category for name, file in catalogue.names().items()}
            results = Results(tuple(self._records.values()), tasks)
        self._report = write_report(results, settings.report)

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        """Print the table of categories, the failures by kind, and where the report is."""
        summarise(terminalreporter, list(self._records.values()), self.bench.catalogue.counts())
        if self.bench.settings.resume:
            terminalreporter.line(f"resumed {self._resumed:,} records of {self.bench.settings.results}")
        if self._cut is not None:
            terminalreporter.line(f"the last line of {self.bench.settings.results} was cut short: it is in {self._cut}")
        if self._report is not None:
            asked = self.bench.settings.report
            instead = "" if self._report == asked else f", because {asked} could not be written"
            terminalreporter.write_line(f"kernelbench: report in {self._report}{instead}")

    def _keep(self, report: pytest.TestReport, record: Record, *, resumed: bool = False) -> None:
        self._records[report.nodeid] = record
        self._resumed += resumed
        if self._annotations is not None:
            path, line, _ = report.location
            self._annotations.add(record, self.bench.root / path, line)
        results = self.bench.settings.results
        if results is not None and not resumed:
            results.parent.mkdir(parents=True, exist_ok=True)
            if not self._whole:
                self._whole, self._cut = True, mend(results)
            with results.open("a", encoding="utf-8") as stream:
                stream.write(record.to_json() + "\n")

    def _lost(self, report: pytest.TestReport) -> Record | None:
        """Return the record of a kernel whose judge died with its worker."""
        path, _, rest = report.nodeid.partition("::")
        for shelf in self.bench.shelves:
            for file in shelf.files:
                if not file.as_posix().endswith(path):
                    continue
                try:
                    kernels = shelf.kernels(file)
                except KernelBenchError:
                    continue
                for kernel in kernels:
                    if kernel.line is None or rest.startswith(f"{kernel.task}::"):
                        message = f"the judge's worker died: {report.longreprtext}"
                        return shelf.lost_record(kernel, rest.rpartition("::")[2], message)
        return None


def _print(session: pytest.Session, lines: Iterable[str]) -> None:
    """Print lines as they are, where there is a terminal."""
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None:
        for line in lines:
            terminal.write_line(line)
