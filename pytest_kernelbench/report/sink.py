"""Where records end up on the controller: the results file, line by line, and the terminal summary."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_kernelbench.collection import PROPERTY, RESUMED
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.record import Record
from pytest_kernelbench.report.summary import summarise
from pytest_kernelbench.resume import mend

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

    from pytest_kernelbench.session import Bench


class Sink:
    """A plugin object that takes the records out of test reports, wherever the tests ran."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self._known: set[str] = set()
        self._resumed = 0
        self._whole = False
        self._cut: Path | None = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the record that a report carries; of an item whose worker died, make one."""
        properties = dict(report.user_properties)
        carried = properties.get(PROPERTY)
        if report.when == "call" and isinstance(carried, str):
            self._keep(report.nodeid, Record.from_json(carried), resumed=RESUMED in properties)
        elif report.failed and report.nodeid not in self._known and report.when not in ("call", "teardown"):
            record = self._lost(report)
            if record is not None:
                self._keep(report.nodeid, record)

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        """Print the table of categories and the failures by kind."""
        summarise(terminalreporter, self.bench.records, self.bench.catalogue.counts())
        if self.bench.settings.resume:
            terminalreporter.line(f"resumed {self._resumed:,} records of {self.bench.settings.results}")
        if self._cut is not None:
            terminalreporter.line(f"the last line of {self.bench.settings.results} was cut short: it is in {self._cut}")

    def _keep(self, nodeid: str, record: Record, resumed: bool = False) -> None:
        self._known.add(nodeid)
        self.bench.records.append(record)
        self._resumed += resumed
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
