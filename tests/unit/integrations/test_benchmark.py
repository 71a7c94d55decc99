"""Speed records in pytest-benchmark: the samples bit for bit, and options that hold for kernels, too."""

from __future__ import annotations

import logging
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_kernelbench.gpus.inventory import Gpu
from pytest_kernelbench.gpus.pool import Pool
from pytest_kernelbench.integrations.benchmark import (
    DEFAULTS,
    EXTRA_FIELDS,
    GROUPING,
    MACHINE_KEY,
    BenchmarkEntry,
    Benchmarks,
)
from pytest_kernelbench.model.record import Record, SpeedRecord
from tests.support.records import correctness, speed

POOL = Pool((Gpu(0, "GPU-0", "NVIDIA H100", driver="580.1"),), ("h100",))
SAMPLES = [1e-5 * (1 + 0.001 * number) for number in range(9)]
NODEID = "submissions/mine/relu.py::speed[rows]"


def config(*args: str, addopts: tuple[str, ...] = (), worker: bool = False, **options: Any) -> Any:
    """Return a configuration in which pytest-benchmark takes part."""
    names = {"disable": False, "enable": False, "only": False, "skip": False, "compare": ["0001"],
             "compare_fail": ["x"], "storage": "file://./.benchmarks", "columns": "all", "group_by": "group",
             "sort": "min"}  # fmt: skip
    session = SimpleNamespace(
        options={
            "min_time": 0.1, "min_rounds": 5, "max_time": 1.0, "precision": 0.2, "confidence": 0.95, "timer": None,
            "calibration_precision": 10, "disable_gc": False, "warmup": False, "warmup_iterations": 1,
            "cprofile": True, "cprofile_loops": 1, "cprofile_dump": None,
        },
        logger=logging.getLogger("benchmark"),
        benchmarks=[],
    )  # fmt: skip
    made: dict[str, Any] = {"workerinput": {}} if worker else {}
    return SimpleNamespace(
        invocation_params=SimpleNamespace(args=args),
        getini=lambda name: list(addopts),
        option=SimpleNamespace(**{f"benchmark_{name}": options.get(name, value) for name, value in names.items()}),
        _benchmarksession=session,
        **made,
    )


def benchmarks(settings: Any, pool: Pool = POOL, record: Record | None = None) -> Benchmarks:
    made = Benchmarks(settings, pool, lambda report: record)
    made.set_defaults("cuda")
    return made


def timed(**fields: Any) -> SpeedRecord:
    return speed("relu", 1.5, workload="rows", samples={"kernel": SAMPLES}, **fields)


class TestOptions:
    @pytest.fixture(autouse=True)
    def unset(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)

    def test_defaults_suit_kernels(self) -> None:
        settings = config()
        benchmarks(settings)
        assert settings.option.benchmark_sort == "median"
        assert settings.option.benchmark_group_by == GROUPING
        assert settings.option.benchmark_columns == DEFAULTS["columns"]
        assert settings.option.benchmark_storage == ".benchmarks/h100"

    @pytest.mark.parametrize("where", ["command line", "environment", "ini file"])
    @pytest.mark.parametrize("given", ["--benchmark-sort=name", "--benchmark-sort"])
    def test_what_a_user_gives_wins(self, where: str, given: str, monkeypatch: pytest.MonkeyPatch) -> None:
        settings = config(*([given] if where == "command line" else []), addopts=(given,) * (where == "ini file"),
                          sort="name")  # fmt: skip
        if where == "environment":
            monkeypatch.setenv("PYTEST_ADDOPTS", f"-q {given}")
        benchmarks(settings)
        assert (settings.option.benchmark_sort, settings.option.benchmark_group_by) == ("name", GROUPING)

    def test_each_device_has_a_folder(self) -> None:
        for pool, folder in ((Pool(), "cuda"), (Pool((), ("h100", "a100")), "h100+a100")):
            settings = config("--benchmark-storage=x/{device}", storage="x/{device}")
            benchmarks(settings, pool)
            assert settings.option.benchmark_storage == f"x/{folder}"

    def test_a_worker_compares_and_writes_nothing(self) -> None:
        settings = config(worker=True)
        benchmarks(settings)
        assert (settings.option.benchmark_compare, settings.option.benchmark_compare_fail) == ([], None)


class TestSelection:
    def skipped(self, made: Benchmarks) -> list[str | None]:
        """Return why an item of speed, one of correctness, and a benchmark of the user's are skipped."""
        reasons: dict[str, str] = {}

        def item(name: str, marker: str | None, *fixtures: str) -> Any:
            return SimpleNamespace(
                name=name,
                fixturenames=fixtures,
                get_closest_marker=lambda asked: asked if asked == marker else None,
                add_marker=lambda mark: reasons.update({name: mark.kwargs["reason"]}),
            )

        made.pytest_collection_modifyitems([
            item("speed", "speed"), item("correctness", "correctness"), item("own", None, "benchmark"),
        ])  # fmt: skip
        return [reasons.get(name) for name in ("speed", "correctness", "own")]

    @pytest.mark.parametrize(
        ("options", "reasons"),
        [
            ({}, [None, None, None]),
            ({"skip": True}, ["benchmarks are skipped: --benchmark-skip", None, None]),
            ({"disable": True}, ["benchmarks are disabled: --benchmark-disable", None, None]),
            ({"disable": True, "enable": True}, [None, None, None]),
            ({"only": True}, [None, "not a benchmark: --benchmark-only", None]),
            ({"only": True, "skip": True}, [None, "not a benchmark: --benchmark-only", None]),
        ],
    )
    def test_which_items_are_skipped(self, options: dict[str, bool], reasons: list[str | None]) -> None:
        assert self.skipped(benchmarks(config(**options))) == reasons

    def test_what_we_select_is_not_selected_again(self) -> None:
        settings = config(only=True)
        benchmarks(settings)
        assert (settings.option.benchmark_only, settings.option.benchmark_skip) == (False, False)


class TestEntry:
    def test_the_samples_are_kept_bit_for_bit(self) -> None:
        settings = config()
        BenchmarkEntry(settings)(NODEID, timed())
        (entered,) = settings._benchmarksession.benchmarks
        assert entered.stats.data == SAMPLES
        assert (entered.name, entered.fullname, entered.group) == ("mine/relu[rows]", NODEID, "relu")
        assert entered.params == {"workload": "rows", "submission": "mine", "category": "Math"}
        assert set(entered.extra_info) == set(EXTRA_FIELDS)
        assert entered.extra_info["verdict"] == "faster"

    @pytest.mark.parametrize(
        ("nodeid", "variant", "name"),
        [(NODEID, "round_1", "mine/round_1/relu[rows]"), (f"{NODEID}@h100", None, "mine/relu[rows]@h100")],
    )
    def test_names(self, nodeid: str, variant: str | None, name: str) -> None:
        settings = config()
        BenchmarkEntry(settings)(nodeid, timed(variant=variant))
        assert settings._benchmarksession.benchmarks[0].name == name

    @pytest.mark.parametrize("lacking", ["options", "logger", "benchmarks"])
    def test_another_pytest_benchmark_is_refused_before_anything_is_timed(self, lacking: str) -> None:
        settings = config()
        delattr(settings._benchmarksession, lacking)
        with pytest.raises(pytest.UsageError, match=r"speed results cannot be passed to pytest-benchmark 5\."):
            benchmarks(settings).pytest_sessionstart(SimpleNamespace(config=settings))  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("record", "entered"),
        [
            (timed(), 1),
            (timed(status="timeout"), 0),
            (speed("relu", None), 0),
            (correctness("relu"), 0),
            (None, 0),
        ],
    )
    def test_what_was_timed_is_entered(self, record: Record | None, entered: int) -> None:
        settings = config()
        made = benchmarks(settings, record=record)
        made.pytest_sessionstart(SimpleNamespace(config=settings))  # type: ignore[arg-type]
        made.pytest_runtest_logreport(SimpleNamespace(nodeid=NODEID))  # type: ignore[arg-type]
        assert len(settings._benchmarksession.benchmarks) == entered

    def test_a_worker_enters_nothing(self) -> None:
        settings = config(worker=True)
        made = benchmarks(settings, record=timed())
        made.pytest_sessionstart(SimpleNamespace(config=settings))  # type: ignore[arg-type]
        made.pytest_runtest_logreport(SimpleNamespace(nodeid=NODEID))  # type: ignore[arg-type]
        assert settings._benchmarksession.benchmarks == []


class TestMachine:
    def info(self, pool: Pool) -> dict[str, Any]:
        machine: dict[str, Any] = {"cpu": {"brand_raw": "A CPU"}}
        benchmarks(config(), pool).pytest_benchmark_update_machine_info(machine)
        return machine

    def test_what_is_timed_on(self) -> None:
        assert self.info(POOL)[MACHINE_KEY] == {"models": ["NVIDIA H100"], "drivers": ["580.1"]}
        assert self.info(Pool())[MACHINE_KEY] == {"models": ["A CPU"], "drivers": []}

    @pytest.mark.parametrize(
        ("saved", "then"), [({"models": ["NVIDIA A100"]}, "NVIDIA A100"), ({}, "an unknown device")]
    )
    def test_times_of_another_device_are_not_compared(self, saved: dict[str, Any], then: str) -> None:
        made = benchmarks(config())
        with pytest.raises(pytest.UsageError) as error:
            made.pytest_benchmark_compare_machine_info(self.info(POOL), {"machine_info": {MACHINE_KEY: saved}})
        assert f"the saved results are from {then}, but this session runs on NVIDIA H100" in str(error.value)
        made.pytest_benchmark_compare_machine_info(self.info(POOL), {"machine_info": self.info(POOL)})


class TestTables:
    def test_what_competes_stands_together(self) -> None:
        rows = [("relu", "rows"), ("gelu", "rows"), ("relu", "rows"), ("exp", "large"), ("gelu", "rows")]
        given = [{"group": group, "param": param, "number": number} for number, (group, param) in enumerate(rows)]
        tables = benchmarks(config()).pytest_benchmark_group_stats(given, GROUPING)
        assert tables is not None
        assert [(title, [row["number"] for row in found]) for title, found in tables] == [
            (None, [3]), ("gelu rows", [1, 4]), ("relu rows", [0, 2]),
        ]  # fmt: skip

    def test_without_single_rows_there_is_no_table_of_them(self) -> None:
        given = [{"group": "relu", "param": None, "number": number} for number in range(2)]
        tables = benchmarks(config()).pytest_benchmark_group_stats(given, GROUPING)
        assert tables == [("relu", given)]

    def test_another_grouping_is_left_to_pytest_benchmark(self) -> None:
        assert benchmarks(config()).pytest_benchmark_group_stats([], "name") is None


@pytest.mark.parametrize("before", [pytest.ExitCode.OK, pytest.ExitCode.INTERRUPTED])
def test_a_regression_fails_the_session(before: pytest.ExitCode) -> None:
    from pytest_benchmark.session import PerformanceRegression

    made = benchmarks(config())
    session: Any = SimpleNamespace(config=config(), exitstatus=before)
    made.pytest_sessionstart(session)
    said: list[str] = []
    summary: Callable[[Any], Any] = made.pytest_terminal_summary
    generator = summary(SimpleNamespace(line=lambda text, red: said.append(text)))
    next(generator)
    with pytest.raises(StopIteration):
        generator.throw(PerformanceRegression("slower"))
    assert said == ["kernelbench: slower than the saved results (--benchmark-compare-fail)"]
    assert session.exitstatus == (pytest.ExitCode.TESTS_FAILED if before == pytest.ExitCode.OK else before)
