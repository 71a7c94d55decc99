"""What pytest needs in a checkout: this plugin, if nobody installed it, and what the project's own tests share."""

from __future__ import annotations

import os

import pytest

pytest_plugins = ["pytester"]

if "PYTEST_XDIST_WORKER" in os.environ:
    # The workers share the processors already: with threads of their own on top, torch mostly waits for them.
    os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Register the plugin of this checkout, unless its entry point has."""
    if not pluginmanager.has_plugin("kernelbench"):
        from pytest_kernelbench import plugin

        pluginmanager.register(plugin, "kernelbench")


def pytest_configure(config: pytest.Config) -> None:
    """Set up Hypothesis for the project's own tests, which also run on machines that are busy with other things."""
    if config.getoption("kb_submission") or config.getoption("--hypothesis-profile", None):
        return
    from hypothesis import HealthCheck, settings

    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    settings.register_profile("busy-machine", deadline=None, suppress_health_check=slow)
    settings.register_profile("thorough", settings.get_profile("busy-machine"), max_examples=1000)
    settings.load_profile("busy-machine")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what takes long unless it is asked for by its marker."""
    if "slow" in config.getoption("-m"):
        return
    skip = pytest.mark.skip(reason="takes long, together or alone: ask for it with -m slow")
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(skip)
