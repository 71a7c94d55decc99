"""Speed records as results of pytest-benchmark: table, JSON, storage and comparison stay its own.

The judge measures first, and its interval decides when that is enough. What pytest-benchmark gets is a replay: in each
round of `benchmark.pedantic` a virtual clock moves on by one sample, so the data it keeps are the samples, bit for bit.

The replay happens where records arrive: on the controller, or in the only process. So results are the same with and
without `-n`, workers have no benchmarks with which they could overwrite each other's files, and what a worker sent
before it died counts. There are no items where records arrive, and items of ours have no fixtures: `Entry` therefore
builds the object behind the `benchmark` fixture in the way that pytest-benchmark's own fixture function does.

Private parts of pytest-benchmark are touched in `Entry` and nowhere else.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Generator, Mapping, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_kernelbench.devices.pool import Pool
from pytest_kernelbench.integrations import GROUPING
from pytest_kernelbench.items import PROPERTY
from pytest_kernelbench.model.record import Record, SpeedRecord

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

Tables = list[tuple[str | None, list[dict[str, Any]]]]
"""What pytest-benchmark prints: a title and its rows, as often as there are tables."""

FACT = "kernelbench"
"""Key of what we add to pytest-benchmark's `machine_info`."""

EXTRA = ("submission", "variant", "baseline", "verdict", "ratio", "interval", "device_seconds", "baseline_seconds",
         "call_seconds", "baseline_call_seconds", "speed_of_light", "blocks", "discarded", "others", "timing", "notes",
         "device", "kernel_sha256", "task_sha256")  # fmt: skip
"""Fields of a speed record that go into `extra_info`."""


class Benchmarks:
    """A plugin object for a session about kernels; it must be registered before pytest-benchmark is configured."""

    def __init__(self, config: pytest.Config, device: str, pool: Pool) -> None:
        """Take over the options that pytest-benchmark would not apply to our items."""
        option = config.option
        self._pool = pool
        self._session: pytest.Session | None = None
        self._enter: Entry | None = None
        self._disabled = option.benchmark_disable and not option.benchmark_enable
        option.benchmark_storage = option.benchmark_storage.replace("{device}", "+".join(pool.models) or device)
        # pytest-benchmark knows benchmarks by their fixture, which our items have not, and refuses to select them
        # under xdist, where ours are timed all the same: selecting them is left to us.
        self._only = option.benchmark_only and not self._disabled
        self._skip = option.benchmark_skip and not self._only
        if self._only:
            option.benchmark_only = option.benchmark_skip = False
        if hasattr(config, "workerinput"):
            # Saved results are compared, and files written, by the controller alone.
            option.benchmark_compare, option.benchmark_compare_fail = [], None

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Make sure that results can be entered, before hours of timing."""
        self._session = session
        if not hasattr(session.config, "workerinput"):
            self._enter = Entry(session.config)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Skip what `--benchmark-skip`, `--benchmark-only` and `--benchmark-disable` leave out."""
        for item in items:
            ours = item.get_closest_marker("speed") is not None
            if ours and self._skip:
                item.add_marker(pytest.mark.skip(reason="benchmarks are left out: --benchmark-skip"))
            elif ours and self._disabled:
                item.add_marker(pytest.mark.skip(reason="nothing is timed: --benchmark-disable"))
            elif self._only and not ours and "benchmark" not in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.skip(reason="not a benchmark: --benchmark-only"))

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Enter what was timed, wherever that was."""
        carried = dict(report.user_properties).get(PROPERTY)
        if self._enter is None or report.when != "call" or not isinstance(carried, str):
            return
        record = Record.from_json(carried)
        if isinstance(record, SpeedRecord) and record.status == "passed" and record.samples.get("kernel"):
            self._enter(report.nodeid, record)

    def pytest_benchmark_update_machine_info(self, machine_info: dict[str, Any]) -> None:
        """Add what is timed on, and nothing that changes from run to run; pytest-benchmark knows the CPU alone."""
        models = sorted({gpu.model for gpu in self._pool.gpus}) or [machine_info["cpu"].get("brand_raw", "unknown CPU")]
        machine_info[FACT] = {"models": models, "drivers": sorted({gpu.driver for gpu in self._pool.gpus})}

    @pytest.hookimpl(tryfirst=True)
    def pytest_benchmark_compare_machine_info(
        self, machine_info: Mapping[str, Any], compared_benchmark: Mapping[str, Any]
    ) -> None:
        """Refuse to compare times of different devices; raises `pytest.UsageError`."""
        both = (info.get(FACT, {}) for info in (compared_benchmark["machine_info"], machine_info))
        then, now = (", ".join(facts.get("models", ())) or "an unknown device" for facts in both)
        if then != now:
            raise pytest.UsageError(
                f"--benchmark-compare: the saved results are of {then}, this session is on {now}, and times of "
                "different devices are not compared; each device has a folder of its own under .benchmarks/"
            )

    @pytest.hookimpl(tryfirst=True)
    def pytest_benchmark_group_stats(self, benchmarks: Sequence[dict[str, Any]], group_by: str) -> Tables | None:
        """Put what competes on one workload, or with saved results, into a table of its own, and the rest into one."""
        if group_by != GROUPING:
            return None
        tables: dict[str, list[dict[str, Any]]] = {}
        for bench in benchmarks:
            tables.setdefault(" ".join(filter(None, (bench["group"], bench["param"]))), []).append(bench)
        alone = [rows[0] for rows in tables.values() if len(rows) == 1]
        return [*((None, alone) for _ in alone[:1]), *sorted((name, rows) for name, rows in tables.items() if rows[1:])]

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> Generator[None, Any, Any]:
        """Turn a regression, which pytest-benchmark raises and has described, into exit status 1."""
        from pytest_benchmark.session import PerformanceRegression

        try:
            return (yield)
        except PerformanceRegression:
            terminalreporter.line("kernelbench: slower than the saved results (--benchmark-compare-fail)", red=True)
            if self._session is not None and self._session.exitstatus == pytest.ExitCode.OK:
                self._session.exitstatus = pytest.ExitCode.TESTS_FAILED


class Entry:
    """The way into pytest-benchmark's session."""

    def __init__(self, config: pytest.Config) -> None:
        """Find the private parts that are needed; raises `pytest.UsageError` where one is gone."""
        try:
            from pytest_benchmark.fixture import BenchmarkFixture
            from pytest_benchmark.utils import NameWrapper

            session = config._benchmarksession  # type: ignore[attr-defined]
            self._options: Mapping[str, Any] = dict(session.options)
            self._logger, self._add = session.logger, session.benchmarks.append
            self._fixture: Callable[..., Any] = BenchmarkFixture
            self._timer: Callable[[object], object] = NameWrapper
            self._build("", "", "", {}, _Clock("none", (1.0,)))
        except (ImportError, AttributeError, TypeError) as error:
            version = importlib.metadata.version("pytest-benchmark")
            raise pytest.UsageError(
                f"results of speed cannot be handed to pytest-benchmark {version}: {error}. "
                "Install another version (>=5.2,<6), or go without its table and files: -p no:benchmark"
            ) from None

    def __call__(self, nodeid: str, record: SpeedRecord) -> None:
        """Enter the times of a kernel, in seconds per call; the group is the task, the full name is the node id."""
        samples = record.samples["kernel"]
        clock = _Clock(str(record.timing.get("clock", record.device.get("kind", "unknown"))), samples)
        who = f"{record.submission}/{record.variant}" if record.variant else record.submission
        params = {"workload": record.workload, "submission": who, "category": record.category}
        name = f"{who}/{record.task}{nodeid.rpartition('::speed')[2]}"
        fixture = self._build(name, nodeid, record.task, params, clock)
        fixture.extra_info.update({field: getattr(record, field) for field in EXTRA})
        fixture.pedantic(clock.replay, setup=clock.reset, rounds=len(samples), iterations=1)

    def _build(self, name: str, nodeid: str, group: str, params: Mapping[str, str], clock: _Clock) -> Any:
        node = SimpleNamespace(
            name=name, nodeid=nodeid, callspec=SimpleNamespace(id=params.get("workload"), params=params)
        )
        options = {**self._options, "timer": self._timer(clock), "cprofile": False, "group": group}
        return self._fixture(
            node, add_stats=self._add, logger=self._logger, warner=self._logger.warning, disabled=False, **options
        )


class _Clock:
    """A clock that stands still but for `replay`, which moves it on by the next sample."""

    def __init__(self, name: str, samples: Sequence[float]) -> None:
        self.__name__ = name
        self._samples = iter(samples)
        self._now = 0.0

    def __call__(self) -> float:
        return self._now

    def reset(self) -> None:
        """Start a round at 0, so that the difference is the sample to the last bit."""
        self._now = 0.0

    def replay(self) -> None:
        """Let one sample pass."""
        self._now = next(self._samples)
