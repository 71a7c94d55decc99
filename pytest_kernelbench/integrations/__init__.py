"""Where the plugin meets other plugins, pytest-benchmark and pytest-xdist, and what they share: the GPUs."""

from __future__ import annotations

import os

import pytest

from pytest_kernelbench.devices.pool import EACH
from pytest_kernelbench.settings import Settings

GROUPING = "kernelbench"
"""Our value of `--benchmark-group-by`."""

_DEFAULTS = (
    "--benchmark-storage=.benchmarks/{device}",
    "--benchmark-columns=median,iqr,min,max,rounds",
    f"--benchmark-group-by={GROUPING}",
)

_SORTED: pytest.StashKey[bool] = pytest.StashKey()
"""Whether the user says how pytest-benchmark's table is sorted."""


def add_defaults(config: pytest.Config, args: list[str]) -> None:
    """Put what suits kernels before the arguments of pytest, so that what a user or an ini file says wins.

    `{device}` is filled in when the device is known: a model of GPU, several with `+`, or `cpu`.
    """
    if config.pluginmanager.hasplugin("benchmark"):
        config.stash[_SORTED] = any(arg.partition("=")[0] == "--benchmark-sort" for arg in args)
        args[:0] = _DEFAULTS


def workers(settings: Settings) -> int | None:
    """Return what `-n auto` means, so many workers a GPU; None leaves it to pytest-xdist."""
    if not settings.pool.gpus or "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    return len(settings.pool.gpus) * settings.workers_per_gpu


def join(config: pytest.Config, settings: Settings) -> None:
    """Register what connects a session about kernels with the plugins that are there.

    Raises `pytest.UsageError` where items are for several models of GPU and there are no workers to send them to.
    """
    pool = settings.pool
    manager = config.pluginmanager
    if manager.hasplugin("benchmark"):
        from pytest_kernelbench.integrations.benchmark import Benchmarks

        if not config.stash[_SORTED]:
            # By default it sorts by the minimum, and as an option it does not accept the median.
            config.option.benchmark_sort = "median"
        manager.register(Benchmarks(config, settings.device, pool), "kernelbench-benchmark")
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
