"""Speed records as results of pytest-benchmark, which keeps its own table, JSON, storage and comparison.

The judge measures first, until its confidence interval is narrow enough. Then the samples are replayed to
pytest-benchmark: in each round of `benchmark.pedantic`, a virtual clock advances by one sample, so that
pytest-benchmark stores exactly the samples of the record.

The replay runs where records arrive: on the controller, or in the only process. Results are therefore the same with and
without `-n`, workers cannot overwrite each other's files, and records that a worker sent before it died are kept. The
controller has no items, and items of this plugin have no fixtures, so `BenchmarkEntry` builds the object behind the
`benchmark` fixture as pytest-benchmark's own fixture function does.

Only `BenchmarkEntry` uses private parts of pytest-benchmark.
"""

from __future__ import annotations

import importlib.metadata
import os
from collections.abc import Callable, Generator, Mapping, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_kernelbench.gpus.pool import Pool
from pytest_kernelbench.model.record import Record, SpeedRecord

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

Tables = list[tuple[str | None, list[dict[str, Any]]]]
"""The tables that pytest-benchmark prints: the title and the rows of each."""

GROUPING = "kernelbench"
"""The value of `--benchmark-group-by` that stands for the tables of this plugin."""

DEFAULTS: Mapping[str, Any] = {
    "storage": ".benchmarks/{device}",
    "columns": ["median", "iqr", "min", "max", "rounds"],
    "group_by": GROUPING,
    # pytest-benchmark does not accept the median as an option on the command line.
    "sort": "median",
}
"""Defaults of pytest-benchmark's options in a session about kernels; a value from the user or an ini file wins."""

MACHINE_KEY = "kernelbench"
"""Key of this plugin in pytest-benchmark's `machine_info`."""

EXTRA_FIELDS = ("submission", "variant", "baseline", "verdict", "ratio", "interval", "device_seconds",
                "baseline_seconds", "call_seconds", "baseline_call_seconds", "speed_of_light", "blocks", "discarded",
                "others", "timing", "notes", "device", "kernel_sha256", "task_sha256")  # fmt: skip
"""Fields of a speed record that are copied to `extra_info`."""


class Benchmarks:
    """The plugin object that enters speed records."""

    def __init__(
        self, config: pytest.Config, pool: Pool, record_of: Callable[[pytest.TestReport], Record | None]
    ) -> None:
        """Take over the options that pytest-benchmark does not apply to items of this plugin."""
        option, self._config = config.option, config
        self._pool = pool
        self._record_of = record_of
        self._session: pytest.Session | None = None
        self._enter: BenchmarkEntry | None = None
        self._disabled = option.benchmark_disable and not option.benchmark_enable
        # pytest-benchmark recognises benchmarks by their fixture, which items of this plugin do not have, and refuses
        # to select them under xdist, where kernels can be timed. So this plugin selects its items itself.
        self._only = option.benchmark_only and not self._disabled
        self._skip = option.benchmark_skip and not self._only
        if self._only:
            option.benchmark_only = option.benchmark_skip = False
            if (started := getattr(config, "_benchmarksession", None)) is not None:
                started.only = started.skip = False
        if hasattr(config, "workerinput"):
            # Only the controller compares saved results and writes files.
            option.benchmark_compare, option.benchmark_compare_fail = [], None

    def set_defaults(self, device: str) -> None:
        """Set defaults for a session about kernels alone, before pytest-benchmark is configured."""
        option = self._config.option
        for name, value in DEFAULTS.items():
            if not _is_given(self._config, f"--benchmark-{name.replace('_', '-')}"):
                setattr(option, f"benchmark_{name}", value)
        option.benchmark_storage = option.benchmark_storage.replace("{device}", "+".join(self._pool.models) or device)

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Check, before hours of timing, that results can be entered into pytest-benchmark."""
        self._session = session
        if not hasattr(session.config, "workerinput"):
            self._enter = BenchmarkEntry(session.config)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Skip items according to `--benchmark-skip`, `--benchmark-only` and `--benchmark-disable`."""
        for item in items:
            ours = item.get_closest_marker("speed") is not None
            if ours and self._skip:
                item.add_marker(pytest.mark.skip(reason="benchmarks are skipped: --benchmark-skip"))
            elif ours and self._disabled:
                item.add_marker(pytest.mark.skip(reason="benchmarks are disabled: --benchmark-disable"))
            elif self._only and not ours and "benchmark" not in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.skip(reason="not a benchmark: --benchmark-only"))

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Enter the samples of each kernel that was timed, in this process or in a worker."""
        record = self._record_of(report)
        if self._enter is None:
            return
        if isinstance(record, SpeedRecord) and record.status == "passed" and record.samples.get("kernel"):
            self._enter(report.nodeid, record)

    def pytest_benchmark_update_machine_info(self, machine_info: dict[str, Any]) -> None:
        """Add the GPUs, which pytest-benchmark does not know; the entry must not change from run to run."""
        models = sorted({gpu.model for gpu in self._pool.gpus}) or [machine_info["cpu"].get("brand_raw", "unknown CPU")]
        machine_info[MACHINE_KEY] = {"models": models, "drivers": sorted({gpu.driver for gpu in self._pool.gpus})}

    @pytest.hookimpl(tryfirst=True)
    def pytest_benchmark_compare_machine_info(
        self, machine_info: Mapping[str, Any], compared_benchmark: Mapping[str, Any]
    ) -> None:
        """Raise `pytest.UsageError` if the saved times are of another device."""
        both = (info.get(MACHINE_KEY, {}) for info in (compared_benchmark["machine_info"], machine_info))
        then, now = (", ".join(facts.get("models", ())) or "an unknown device" for facts in both)
        if then != now:
            raise pytest.UsageError(
                f"--benchmark-compare: the saved results are from {then}, but this session runs on {now}; times of "
                "different devices are not compared. Each device has its own folder under .benchmarks/"
            )

    @pytest.hookimpl(tryfirst=True)
    def pytest_benchmark_group_stats(self, benchmarks: Sequence[dict[str, Any]], group_by: str) -> Tables | None:
        """Group the kernels for one workload, and saved results, into one table; single rows share one table."""
        if group_by != GROUPING:
            return None
        tables: dict[str, list[dict[str, Any]]] = {}
        for bench in benchmarks:
            tables.setdefault(" ".join(filter(None, (bench["group"], bench["param"]))), []).append(bench)
        alone = [rows[0] for rows in tables.values() if len(rows) == 1]
        return [*((None, alone) for _ in alone[:1]), *sorted((name, rows) for name, rows in tables.items() if rows[1:])]

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> Generator[None, Any, Any]:
        """Turn the exception of a regression, which pytest-benchmark has reported, into exit status 1."""
        from pytest_benchmark.session import PerformanceRegression

        try:
            return (yield)
        except PerformanceRegression:
            terminalreporter.line("kernelbench: slower than the saved results (--benchmark-compare-fail)", red=True)
            if self._session is not None and self._session.exitstatus == pytest.ExitCode.OK:
                self._session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _is_given(config: pytest.Config, option: str) -> bool:
    """Whether the user sets an option: on the command line, in `PYTEST_ADDOPTS` or in the ini option `addopts`."""
    given = [*config.invocation_params.args, *os.environ.get("PYTEST_ADDOPTS", "").split(), *config.getini("addopts")]
    return any(str(argument).partition("=")[0] == option for argument in given)


class BenchmarkEntry:
    """Enters the samples of a speed record into pytest-benchmark's session."""

    def __init__(self, config: pytest.Config) -> None:
        """Look up the private parts that are needed; raises `pytest.UsageError` if one does not exist."""
        try:
            from pytest_benchmark.fixture import BenchmarkFixture
            from pytest_benchmark.utils import NameWrapper

            session = config._benchmarksession  # type: ignore[attr-defined]
            self._options: Mapping[str, Any] = dict(session.options)
            self._logger, self._add = session.logger, session.benchmarks.append
            self._fixture: Callable[..., Any] = BenchmarkFixture
            self._timer: Callable[[object], object] = NameWrapper
            self._build("", "", "", {}, _ReplayClock("none", (1.0,)))
        except (ImportError, AttributeError, TypeError) as error:
            version = importlib.metadata.version("pytest-benchmark")
            raise pytest.UsageError(
                f"speed results cannot be passed to pytest-benchmark {version}: {error}. "
                "Install another version (>=5.2,<6), or disable its tables and files: -p no:benchmark"
            ) from None

    def __call__(self, nodeid: str, record: SpeedRecord) -> None:
        """Enter the samples of a record, in seconds per call; the group is the task, the full name is the node id."""
        samples = record.samples["kernel"]
        clock = _ReplayClock(str(record.timing.get("clock", record.device.get("kind", "unknown"))), samples)
        who = f"{record.submission}/{record.variant}" if record.variant else record.submission
        params = {"workload": record.workload, "submission": who, "category": record.category}
        name = f"{who}/{record.task}{nodeid.rpartition('::speed')[2]}"
        fixture = self._build(name, nodeid, record.task, params, clock)
        fixture.extra_info.update({field: getattr(record, field) for field in EXTRA_FIELDS})
        fixture.pedantic(clock.replay, setup=clock.reset, rounds=len(samples), iterations=1)

    def _build(self, name: str, nodeid: str, group: str, params: Mapping[str, str], clock: _ReplayClock) -> Any:
        node = SimpleNamespace(
            name=name, nodeid=nodeid, callspec=SimpleNamespace(id=params.get("workload"), params=params)
        )
        options = {**self._options, "timer": self._timer(clock), "cprofile": False, "group": group}
        return self._fixture(
            node, add_stats=self._add, logger=self._logger, warner=self._logger.warning, disabled=False, **options
        )


class _ReplayClock:
    """A virtual clock that advances by the next sample with each call of `replay`, and otherwise stands still."""

    def __init__(self, name: str, samples: Sequence[float]) -> None:
        self.__name__ = name
        self._samples = iter(samples)
        self._now = 0.0

    def __call__(self) -> float:
        return self._now

    def reset(self) -> None:
        """Start a round at 0, so that the measured difference equals the sample exactly."""
        self._now = 0.0

    def replay(self) -> None:
        """Advance by the next sample."""
        self._now = next(self._samples)
