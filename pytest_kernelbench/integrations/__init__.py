"""Integrations with other plugins of pytest: pytest-benchmark and pytest-xdist."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from pytest_kernelbench.gpus.pool import EACH, Pool
from pytest_kernelbench.model.record import Record

if TYPE_CHECKING:
    from pytest_kernelbench.integrations.benchmark import Benchmarks

BENCHMARKS = "kernelbench-benchmark"
"""Name of the plugin object that enters speed records into pytest-benchmark."""


def workers(pool: Pool, workers_per_gpu: int) -> int | None:
    """Return the number of workers for `-n auto`, `workers_per_gpu` for each GPU; None leaves it to pytest-xdist."""
    if not pool.gpus or "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    return len(pool.gpus) * workers_per_gpu


def join(
    config: pytest.Config, device: str, pool: Pool, record_of: Callable[[pytest.TestReport], Record | None]
) -> None:
    """Register the plugin objects that connect a session with the plugins that are active.

    `device` is `cuda`, `interpreter` or `cpu`; `record_of` returns the record that the report of an item carries.
    Raises `pytest.UsageError` where items are for several models of GPU, but there are no workers to send them to.
    """
    if config.pluginmanager.hasplugin("benchmark"):
        from pytest_kernelbench.integrations.benchmark import Benchmarks

        benchmarks = Benchmarks(config, pool, record_of)
        benchmarks.set_defaults(device)
        config.pluginmanager.register(benchmarks, BENCHMARKS)
    share(config, pool)


def join_late(
    session: pytest.Session, pool: Pool, record_of: Callable[[pytest.TestReport], Record | None]
) -> Benchmarks | None:
    """Connect a session with pytest-benchmark once it turns out to have kernels, those of the user's own tests.

    Files, table and columns stay what the user has for the benchmarks beside them. Returns the plugin object where
    there was none: it takes no part in a call of a hook that has begun.
    """
    manager = session.config.pluginmanager
    if manager.hasplugin("benchmark") and not manager.hasplugin(BENCHMARKS):
        from pytest_kernelbench.integrations.benchmark import Benchmarks

        benchmarks = Benchmarks(session.config, pool, record_of)
        benchmarks.pytest_sessionstart(session)
        manager.register(benchmarks, BENCHMARKS)
        return benchmarks
    return None


def share(config: pytest.Config, pool: Pool) -> None:
    """Give the GPUs to the workers of pytest-xdist; raises `pytest.UsageError` where models lack workers."""
    if hasattr(config, "workerinput") or not pool.gpus:
        return
    dist = config.getoption("dist", "no")
    if pool.several and dist not in ("no", "load"):
        raise pytest.UsageError(f"--kb-gpu={EACH} sends items to GPUs by model, not by --dist={dist}")
    if dist != "no":
        from pytest_kernelbench.integrations.xdist import Workers

        config.pluginmanager.register(Workers(pool), "kernelbench-workers")
    elif pool.several and not config.option.collectonly:
        raise pytest.UsageError(f"--kb-gpu={EACH}: {', '.join(pool.models)} need a worker each; add -n auto")
