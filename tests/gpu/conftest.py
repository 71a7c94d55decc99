"""Kernels on the first GPU that the caller may use; without one, these tests are skipped."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_kernelbench.devices.listing import Gpu, gpus, torch_has_cuda
from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.model.record import Record
from pytest_kernelbench.model.submission import kernel_of

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
    from pytest_kernelbench.judge.correctness import Judgement, Plan
    from pytest_kernelbench.judge.trial import Oracle
    from pytest_kernelbench.model.task import FACETS

    catalogue, oracle = Catalogue.find(), Oracle()

    def run(task: str, code: str, facets: tuple[str, ...] = FACETS) -> Record:
        path = tmp_path / f"{task}.py"
        path.write_text(textwrap.dedent(code), encoding="utf-8")
        plan = Plan(f"cuda:{gpu.uuid}", facets, examples=0)
        kernel = kernel_of(path, tmp_path, catalogue)
        return Judgement(kernel, catalogue.load(task), plan, oracle, language="triton", key="").run()

    return run
