"""Where records end up on the controller: the results file, line by line, and the terminal summary."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_kernelbench.collection import PROPERTY
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.record import Record
from pytest_kernelbench.report.summary import summarise

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

    from pytest_kernelbench.session import Bench


class Sink:
    """A plugin object that takes the records out of test reports, wherever the tests ran."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self._known: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the record that a report carries; of an item whose worker died, make one."""
        carried = dict(report.user_properties).get(PROPERTY)
        if report.when == "call" and isinstance(carried, str):
            self._keep(report.nodeid, Record.from_json(carried))
        elif report.failed and report.nodeid not in self._known and report.when not in ("call", "teardown"):
            record = self._lost(report)
            if record is not None:
                model = self.bench.settings.pool.model_of(report.nodeid)
                device = {"kind": f"cuda:{model}"} if model else record.device
                self._keep(report.nodeid, replace(record, device=device))

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        """Print the table of categories and the failures by kind."""
        summarise(terminalreporter, self.bench.records, self.bench.catalogue.counts())

    def _keep(self, nodeid: str, record: Record) -> None:
        self._known.add(nodeid)
        self.bench.records.append(record)
        results = self.bench.settings.results
        if results is not None:
            results.parent.mkdir(parents=True, exist_ok=True)
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
