"""A project that pytest collects within this process."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_kernelbench.gpus.inventory import PRETENDED
from tests.support.project import SIGMOID, TORCH_RELU, Project


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with the submission `mine`, on a machine without GPUs."""
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.setenv(PRETENDED, "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(pytester.path / "cache"))
    pytester.makeini("[pytest]\n")
    project = Project(pytester)
    project.submit({
        "submission.toml": 'language = "torch"',
        "relu.py": TORCH_RELU,
        "round_1/Activation/sigmoid.py": SIGMOID,
        "_tools.py": "raise SystemExit",
        "conftest.py": "raise SystemExit",
    })  # fmt: skip
    return project


@pytest.fixture
def collected(project: Project) -> Callable[..., list[pytest.Item]]:
    """Collect the items of the submission; further options win."""

    def collect(*options: str) -> list[pytest.Item]:
        quick = ("-p", "no:benchmark", "-p", "no:cacheprovider", "-p", "no:terminal")
        return project.pytester.inline_genitems(*quick, "--kb-submission=mine", "--kb-device=cpu", *options)[0]

    return collect
