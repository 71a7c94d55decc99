"""Kernels on the interpreter, in a runner: Triton must not be patched in the process of the tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pytest_kernelbench import Case
from pytest_kernelbench.host.answers import Answer
from pytest_kernelbench.host.client import Runner
from pytest_kernelbench.host.settings import RunnerSettings
from pytest_kernelbench.wire.conditions import CallConditions
from tests.unit.devices import Interpret


@pytest.fixture(scope="module")
def interpret() -> Iterator[Interpret]:
    """Return a function that calls `work` of some code on a case, under conditions."""
    runner = Runner(RunnerSettings())

    def call(code: str, case: Case, **conditions: Any) -> Answer:
        loaded = runner.load(f"import torch, triton, triton.language as tl\n{code}", "work.py", ["work"])
        assert loaded.status == "ok", loaded
        parameters = [(name, "POSITIONAL_OR_KEYWORD") for name in case.arguments]
        conditioned = CallConditions(**conditions)
        return runner.call(case, parameters, conditions=conditioned, max_bytes=1 << 20, timeout=120)

    yield call
    runner.close()
