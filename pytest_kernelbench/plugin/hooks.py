"""The hooks of pytest: options, markers, collection, the header."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_kernelbench import integrations
from pytest_kernelbench.evaluation.plan import speed_plan
from pytest_kernelbench.evaluation.session import EvaluationSession
from pytest_kernelbench.model.catalogue import CATEGORIES, snake_case
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.source import find
from pytest_kernelbench.plugin import collection, options, own_tests
from pytest_kernelbench.plugin.advice import advice
from pytest_kernelbench.plugin.items import SpeedItem, record_of
from pytest_kernelbench.plugin.keys import EVALUATION, REPORTING, UNCONFINED

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options and their ini twins."""
    options.add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Keep pytest from importing the `conftest.py` of a submission whose path is an argument."""
    specs = options.selected(early_config)
    try:
        sources = find(specs, early_config.rootpath, early_config.invocation_params.dir) if specs else []
    except KernelBenchError:
        return  # said in pytest_configure
    collection.shadow_conftests(early_config, sources)


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Return the number of workers for `-n auto` where kernels run on GPUs."""
    own = own_tests.asks_for_gpus(config)
    pool = options.read_settings(config, judges=own).pool
    return integrations.workers(pool, options.workers_per_gpu(config))


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Register the markers; with `--kb-submission`, start the evaluation session and collect its kernels alone."""
    for category in CATEGORIES:
        config.addinivalue_line("markers", f"{snake_case(category)}: kernels for tasks of the category {category}")
    config.addinivalue_line("markers", "own: kernels for operations of the user's own tests")
    config.addinivalue_line("markers", "correctness: whether a kernel is right")
    config.addinivalue_line("markers", "compile: whether a kernel compiles for a GPU, with --kb-target")
    config.addinivalue_line("markers", "speed: whether a kernel is faster than eager PyTorch on a workload")
    settings = options.read_settings(config)
    is_worker = hasattr(config, "workerinput")
    if not settings.judges:
        own_tests.prepare(config)
        return
    try:
        evaluation = EvaluationSession.start(settings, config.rootpath, config.invocation_params.dir)
        silent = is_worker or config.option.collectonly
        config.stash[UNCONFINED] = "" if silent else evaluation.unconfined()
    except KernelBenchError as error:
        raise pytest.UsageError(str(error)) from None
    config.stash[EVALUATION] = evaluation
    for category in evaluation.catalogue.counts().keys() - CATEGORIES.keys():
        config.addinivalue_line("markers", f"{snake_case(category)}: kernels for the tasks of {category}")
    config.stash[REPORTING] = options.read_reporting(config)
    # Again: a checkout that nobody installed registers this plugin after the initial conftests.
    collection.shadow_conftests(config, [submission.source for submission in evaluation.submissions])
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args = [str(submission.source.path) for submission in evaluation.submissions if submission.files]
    if not is_worker:
        from pytest_kernelbench.plugin.recorder import Recorder

        config.pluginmanager.register(
            Recorder(evaluation, config.stash[REPORTING], config.rootpath), "kernelbench-recorder"
        )
    options.add_gpu_markers(config, settings.pool)
    integrations.join(config, settings.judging.device.partition(":")[0], settings.pool, record_of)


def pytest_collect_directory(path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the folders of submissions; pytest imports nothing in them."""
    evaluation = parent.config.stash.get(EVALUATION, None)
    submission = evaluation.submission_of(path) if evaluation else None
    return collection.directory(parent, path, submission) if submission else None


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Any:
    """Collect a kernel file that is an argument, in place of pytest's own collector of test modules."""
    found = yield
    evaluation = parent.config.stash.get(EVALUATION, None)
    submission = evaluation.submission_of(file_path) if evaluation else None
    return [collection.file(parent, file_path, submission)] if submission else found


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: pytest.Collector, name: str, obj: object) -> pytest.Collector | None:
    """Collect what `kernel_test` has decorated in a test module of the user."""
    return own_tests.node_of(collector, name, obj)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int | pytest.ExitCode) -> None:
    """Exit with 0 for an empty shard: the kernels are in the shards of other machines."""
    evaluation = session.config.stash.get(EVALUATION, None)
    empty = exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED
    if empty and evaluation is not None and evaluation.settings.shard is not None:
        session.exitstatus = pytest.ExitCode.OK


def pytest_terminal_summary(
    terminalreporter: TerminalReporter, exitstatus: int | pytest.ExitCode, config: pytest.Config
) -> None:
    """Say what to type where no test was found in a path that holds kernels."""
    idle = exitstatus in (pytest.ExitCode.NO_TESTS_COLLECTED, pytest.ExitCode.INTERRUPTED)
    if idle and EVALUATION not in config.stash and config.args_source is pytest.Config.ArgsSource.ARGS:
        for line in advice(config.args, config.invocation_params.dir):
            terminalreporter.write_line(line)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the processes of the evaluation session."""
    if (evaluation := config.stash.get(EVALUATION, None)) is not None:
        evaluation.close()


def pytest_report_header(config: pytest.Config) -> list[str] | None:
    """Show what is judged, on which device, and which measures of the sandbox do not hold."""
    evaluation = config.stash.get(EVALUATION, None)
    if evaluation is None:
        return None
    settings = evaluation.settings
    names = ", ".join(submission.source.name for submission in evaluation.submissions)
    pool = settings.pool.describe()
    where = f"cuda: {pool}" if pool else settings.judging.device
    tasks = evaluation.catalogue
    own = f", {tasks.own} of them yours" if tasks.own else ""
    replaced = f" (replacing {', '.join(tasks.replaced)})" if tasks.replaced else ""
    lines = [f"kernelbench: {names} on {where}, {len(tasks.names())} tasks{own}{replaced}"]
    if settings.resume:
        known = evaluation.known
        others = f", and {known.others:,} lines of another schema, which stay" if known.others else ""
        lines.append(f"kernelbench: {settings.results} has {known.records:,} records{others}")
    if settings.shard is not None:
        lines.append(f"kernelbench: part {settings.shard} of the kernels")
    if config.stash[UNCONFINED]:
        lines.append(f"kernelbench: {config.stash[UNCONFINED]}")
    return lines


def pytest_report_collectionfinish(config: pytest.Config, items: list[pytest.Item]) -> list[str]:
    """Say what will be timed, how long that takes, and whether another session is timing on the device."""
    evaluation = config.stash.get(EVALUATION, None)
    timed = [item for item in items if isinstance(item, SpeedItem)]
    if evaluation is None or not timed:
        return []
    plan = speed_plan(
        workloads=len(timed),
        kernels=len({(item.kernel.source_path, item.kernel.task) for item in timed}),
        device=evaluation.settings.judging.device,
        timeout=evaluation.settings.judging.timeout,
        workers=len(evaluation.settings.pool.gpus),
        waits=str(evaluation.shared.lock.path) if evaluation.shared.lock.is_held() else None,
    )
    return [f"kernelbench: {plan}"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add the kernels of `--kb-kernel`, which are in no file of the session; deselect those of other shards."""
    evaluation = config.stash.get(EVALUATION, None)
    if evaluation is None:
        own_tests.join(session, items)
        return
    items += collection.named_items(session, evaluation)
    if evaluation.settings.shard is not None:
        collection.keep_shard(evaluation, items)
