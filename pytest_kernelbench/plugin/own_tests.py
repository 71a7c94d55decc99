"""Collects decorated references in the user's test modules; imports no torch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from pytest_kernelbench import integrations
from pytest_kernelbench.authoring.kernel_tests import KernelTest
from pytest_kernelbench.plugin import options
from pytest_kernelbench.plugin.items import Readable, items, record_of
from pytest_kernelbench.plugin.keys import EVALUATION, SETTINGS

if TYPE_CHECKING:
    from pytest_kernelbench.evaluation.own_tests import OwnTest
    from pytest_kernelbench.evaluation.settings import Settings


class KernelTestNode(Readable, pytest.Collector):
    """A decorated reference."""

    def __init__(self, *, test: KernelTest, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.test = test
        for mark in getattr(test, "pytestmark", ()):
            self.add_marker(getattr(pytest.mark, mark.name)(*mark.args, **mark.kwargs))

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the items of its kernel."""
        submission = self._submission()
        yield from items(self, submission, submission.kernel)

    def _submission(self) -> OwnTest:
        from pytest_kernelbench.evaluation.own_tests import OwnTest

        root = self.config.rootpath
        shown = self.path.relative_to(root).as_posix() if self.path.is_relative_to(root) else self.path.name
        return OwnTest(self.name, self.test, self.path, shown, settings_of(self.config))


def settings_of(config: pytest.Config) -> Settings:
    """Return the settings of a session whose kernels are in the user's own tests."""
    if SETTINGS not in config.stash:
        evaluation = config.stash.get(EVALUATION, None)
        config.stash[SETTINGS] = evaluation.settings if evaluation else options.read_settings(config, judges=True)
        if not evaluation:
            options.add_gpu_markers(config, config.stash[SETTINGS].pool)
    return config.stash[SETTINGS]


def node_of(collector: pytest.Collector, name: str, found: object) -> KernelTestNode | None:
    """Return the node of an object of a test module; None for anything but a reference that was decorated there."""
    if not isinstance(found, KernelTest) or not isinstance(collector, pytest.Module):
        return None
    if found.reference.__module__ != collector.obj.__name__:
        return None
    node: KernelTestNode = KernelTestNode.from_parent(collector, name=name, test=found)
    return node


def prepare(config: pytest.Config) -> None:
    """Prepare a session without selected kernels for those of the user's own tests.

    Where GPUs were asked for by name, they are given to workers; otherwise nobody knows yet that there are kernels.
    """
    if asks_for_gpus(config):
        integrations.share(config, settings_of(config).pool)
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(LateRecorder(config), "kernelbench-late-recorder")


def asks_for_gpus(config: pytest.Config) -> bool:
    """Whether the options name a GPU, or the device `cuda`."""
    given = [config.getoption(name) or config.getini(name) for name in ("kb_gpu", "kb_device")]
    return bool(given[0]) or str(given[1]).partition(":")[0] == "cuda"


def join(session: pytest.Session, items: list[pytest.Item]) -> None:
    """Join pytest-benchmark where a session turns out to have kernels."""
    if not any(isinstance(item.parent, KernelTestNode) for item in items):
        return
    benchmarks = integrations.join_late(session, settings_of(session.config).pool, record_of)
    if benchmarks is not None:
        benchmarks.pytest_collection_modifyitems(items)


class LateRecorder:
    """Waits for the first record of a session without selected kernels, and then makes way for a `Recorder`."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._session: pytest.Session | None = None

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Keep the session: a controller of workers collects nothing, and learns of kernels by their records."""
        self._session = session

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Register the recorder and hand it the report, if that carries a record."""
        if record_of(report) is None:
            return
        from pytest_kernelbench.evaluation.session import EvaluationSession, SharedState
        from pytest_kernelbench.plugin.recorder import Recorder

        settings = settings_of(self._config)
        evaluation = EvaluationSession(settings, SharedState.of(settings.tasks, settings.gpu))
        recorder = Recorder(evaluation, options.read_reporting(self._config), self._config.rootpath)
        self._config.pluginmanager.unregister(self)
        self._config.pluginmanager.register(recorder, "kernelbench-recorder")
        recorder.pytest_runtest_logreport(report)
        if self._session is not None:
            benchmarks = integrations.join_late(self._session, settings.pool, record_of)
            if benchmarks is not None:
                benchmarks.pytest_runtest_logreport(report)
