"""What all tests of this project share."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what takes long unless it is asked for by its marker."""
    if "slow" in config.getoption("-m"):
        return
    skip = pytest.mark.skip(reason="takes long, together or alone: ask for it with -m slow")
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(skip)
