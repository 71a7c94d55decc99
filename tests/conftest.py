"""What the project's own tests share."""

from __future__ import annotations

import os

import pytest

from tests.support import measured

# Hundreds of processes import the same modules, also where an image of a container switches bytecode off.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

measured_runners = measured.measured_runners

CONFINED = ("sandbox", "power", "plugin")
"""Folders whose tests are about real runners, confined and ended as they are."""


@pytest.fixture(autouse=True)
def _runners_seen_by_coverage(request: pytest.FixtureRequest) -> None:
    """Have coverage see runners, where it is measured and the test does not need them confined."""
    confined = request.node.get_closest_marker("confined") or {*CONFINED} & {*request.node.path.parts}
    if measured.is_measuring() and not confined:
        request.getfixturevalue("measured_runners")
