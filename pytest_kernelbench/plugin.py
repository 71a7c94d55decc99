"""The pytest plugin: options, markers and hooks. What they do is said elsewhere."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pytest_kernelbench import collection, integrations, settings
from pytest_kernelbench.items import BENCH
from pytest_kernelbench.model.catalogue import CATEGORIES, snake_case
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.source import find
from pytest_kernelbench.session import Bench


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options and their ini twins."""
    settings.add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> None:
    """Add our defaults for other plugins; put an empty module in the place of a submission's `conftest.py`."""
    specs = settings.submissions(early_config)
    if specs:
        integrations.add_defaults(early_config, args)
    try:
        sources = find(specs, early_config.rootpath, early_config.invocation_params.dir) if specs else []
    except KernelBenchError:
        return  # said in pytest_configure
    for root in {source.root for source in sources}:
        for path in root.rglob("conftest.py"):
            early_config.pluginmanager.register(ModuleType("conftest"), str(path))


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Say how many workers `-n auto` means, where kernels run on GPUs."""
    return integrations.workers(settings.Settings.from_config(config))


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Register the markers; with `--kb-submission`, find what it names and collect that alone."""
    for category in CATEGORIES:
        config.addinivalue_line("markers", f"{snake_case(category)}: kernels for tasks of the category {category}")
    config.addinivalue_line("markers", "correctness: whether a kernel is right")
    config.addinivalue_line("markers", "compile: whether a kernel compiles for a GPU, with --kb-target")
    config.addinivalue_line("markers", "speed: whether a kernel is faster than eager PyTorch on a workload")
    asked = settings.Settings.from_config(config)
    if not asked.submissions:
        return
    try:
        bench = Bench(asked, config.rootpath, config.invocation_params.dir)
        if not hasattr(config, "workerinput") and not config.option.collectonly:
            bench.confine()
    except KernelBenchError as error:
        raise pytest.UsageError(str(error)) from None
    config.stash[BENCH] = bench
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args = [str(shelf.source.path) for shelf in bench.shelves]
    from pytest_kernelbench.report.sink import Sink

    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Sink(bench), "kernelbench-sink")
    for model in (*asked.pool.models, *asked.pool.others):
        config.addinivalue_line("markers", f"gpu_{model}: what runs on that model of GPU")
    integrations.join(config, asked)


def pytest_collect_directory(path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the folders of submissions; nothing in them is ever imported by pytest."""
    bench = parent.config.stash.get(BENCH, None)
    shelf = bench.shelf_of(path) if bench else None
    return collection.directory(parent, path, shelf) if shelf else None


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Any:
    """Collect a file that was selected by itself, in the place of pytest's own collector of modules."""
    found = yield
    bench = parent.config.stash.get(BENCH, None)
    shelf = bench.shelf_of(file_path) if bench else None
    return [collection.file(parent, file_path, shelf)] if shelf else found


def pytest_sessionfinish(session: pytest.Session, exitstatus: int | pytest.ExitCode) -> None:
    """Let a part of the kernels be empty: on another machine there are some."""
    bench = session.config.stash.get(BENCH, None)
    empty = exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED
    if empty and bench is not None and bench.settings.shard is not None:
        session.exitstatus = pytest.ExitCode.OK


def pytest_unconfigure(config: pytest.Config) -> None:
    """End what the session has kept running."""
    if (bench := config.stash.get(BENCH, None)) is not None:
        bench.close()


def pytest_report_header(config: pytest.Config) -> list[str] | None:
    """Say what is judged and where, and what kernels could do there that they should not."""
    bench = config.stash.get(BENCH, None)
    if bench is None:
        return None
    names = ", ".join(shelf.source.name for shelf in bench.shelves)
    pool = bench.settings.pool.describe()
    where = f"cuda: {pool}" if pool else bench.settings.place
    tasks = bench.catalogue
    own = f", {tasks.own} of them yours" if tasks.own else ""
    replaced = f" (in the place of {', '.join(tasks.replaced)})" if tasks.replaced else ""
    lines = [f"kernelbench: {names} on {where}, {len(tasks.names())} tasks{own}{replaced}"]
    if bench.settings.resume:
        others = f", and {bench.known.others:,} lines of another schema, which stay" if bench.known.others else ""
        lines.append(f"kernelbench: {bench.settings.results} has {bench.known.records:,} records{others}")
    if bench.settings.shard is not None:
        lines.append(f"kernelbench: part {bench.settings.shard} of the kernels")
    if bench.unconfined:
        lines.append(f"kernelbench: {bench.unconfined}")
    return lines


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the kernels of other parts."""
    bench = config.stash.get(BENCH, None)
    if bench is not None and bench.settings.shard is not None:
        collection.keep_shard(bench, items)
