"""Runners that coverage can see, for the project's own figures."""

from __future__ import annotations

import pytest

from pytest_kernelbench.host.client import Runner
from pytest_kernelbench.host.settings import RunnerSettings
from tests.support import measured


def test_a_measured_runner_leaves_what_it_measured(request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("measured_runners")
    before = set(measured.DATA.iterdir())
    runner = Runner(RunnerSettings())
    try:
        assert runner.load("def entry(x): return x", "entry.py", ["entry"], 60).status == "ok"
    finally:
        runner.close()
    left = {*measured.DATA.iterdir()} - before
    assert any(file.stat().st_size for file in left)
    if not measured.is_measuring():
        for file in left:
            file.unlink()
