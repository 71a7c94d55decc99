"""Kernels on the first GPU that the caller may use; without one, these tests are skipped."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_kernelbench.evaluation.submission import SubmissionSession
from pytest_kernelbench.gpus.inventory import Gpu, gpus, torch_has_cuda
from pytest_kernelbench.judge.comparison.oracle import Oracle
from pytest_kernelbench.model.record import Record
from pytest_kernelbench.model.source import Source
from pytest_kernelbench.model.submission import kernel_of
from pytest_kernelbench.model.task import FACETS
from tests.gpu import session_on

Judge = Callable[..., Record]


@pytest.fixture(scope="session")
def gpu() -> Gpu:
    """The GPU."""
    found = gpus()
    if not found or not torch_has_cuda():
        pytest.skip("needs a GPU, and a torch that can use it")
    return found[0]


@pytest.fixture
def judge(gpu: Gpu, tmp_path: Path) -> Judge:
    """Return a function that judges a kernel for a task on the GPU, by its code."""

    def run(task: str, code: str, facets: tuple[str, ...] = FACETS) -> Record:
        path = tmp_path / f"{task}.py"
        path.write_text(textwrap.dedent(code), encoding="utf-8")
        session = session_on(gpu, facets)
        # On the processor, as the errors of eager PyTorch on the GPU have tests of their own.
        session.shared.oracle = Oracle()
        submission = SubmissionSession(Source("mine", tmp_path, tmp_path), session)
        try:
            return submission.judge(kernel_of(path, tmp_path, session.catalogue), None)[0]
        finally:
            session.close()

    return run
