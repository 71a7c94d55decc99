"""Integrations with other plugins of pytest: pytest-benchmark and pytest-xdist."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from pytest_kernelbench.gpus.pool import EACH, Pool
from pytest_kernelbench.model.record import Record


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
    manager = config.pluginmanager
    if manager.hasplugin("benchmark"):
        from pytest_kernelbench.integrations.benchmark import Benchmarks

        manager.register(Benchmarks(config, device, pool, record_of), "kernelbench-benchmark")
    if hasattr(config, "workerinput") or not pool.gpus:
        return
    dist = config.getoption("dist", "no")
    if pool.several and dist not in ("no", "load"):
        raise pytest.UsageError(f"--kb-gpu={EACH} sends items to GPUs by model, not by --dist={dist}")
    if dist != "no":
        from pytest_kernelbench.integrations.xdist import Workers

        manager.register(Workers(pool), "kernelbench-workers")
    elif pool.several and not config.option.collectonly:
        raise pytest.UsageError(f"--kb-gpu={EACH}: {', '.join(pool.models)} need a worker each; add -n auto")
