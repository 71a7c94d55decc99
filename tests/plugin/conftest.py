"""A small project with submissions, on which pytest runs in a process of its own."""

from __future__ import annotations

import pytest

from pytest_kernelbench.gpus.inventory import PRETENDED
from tests.support.project import Project


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project without submissions yet."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    # Inside a worker of pytest-xdist, the run under test must not take itself for one.
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_XDIST_TESTRUNUID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(PRETENDED, "")  # on a machine with a GPU too, these tests are about the interpreter
    pytester.makeini("[pytest]\n")
    return Project(pytester)
