"""Eager's answers from a trusted runner: the same that the oracle would give itself, where there is no GPU between."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.judge.comparison.evidence import OracleError, collect_evidence
from pytest_kernelbench.judge.comparison.gpu_eager import GpuEager
from pytest_kernelbench.model.catalogue import Catalogue
from tests.support.judging import task_of

CATALOGUE = Catalogue.find()


def code(name: str) -> str:
    return CATALOGUE.names()[name].path.read_text(encoding="utf-8")


@pytest.fixture
def gpu_eager() -> Iterator[GpuEager]:
    """A runner of references on the processor."""
    made = GpuEager("cpu", code)
    yield made
    made.close()


@pytest.mark.parametrize("name", ["softmax", "RMSProp", "svd"])
def test_evidence_is_the_same(name: str, gpu_eager: GpuEager) -> None:
    import torch

    task = CATALOGUE.load(name)
    case = task.fixed_cases[0]
    ours, theirs = collect_evidence(task, case), collect_evidence(task, case, eager_runner=gpu_eager.of(name))
    assert len(ours.expected) == len(theirs.expected)
    for left, right in zip(ours.expected, theirs.expected, strict=True):
        assert (left.name, left.dtype) == (right.name, right.dtype)
        assert torch.equal(left.eager, right.eager)


def test_what_the_other_device_lacks_is_run_here() -> None:
    made = GpuEager("cpu", lambda name: code("softmax") + "\ntask.reference.__code__ = None\n")
    task = CATALOGUE.load("softmax")
    try:
        assert made.of("softmax")(task, task.fixed_cases[0]) is None
        assert collect_evidence(task, task.fixed_cases[0], eager_runner=made.of("softmax")).expected
    finally:
        made.close()


def test_a_gpu_that_cannot_be_used_is_said() -> None:
    made = GpuEager("cuda:GPU-none", code)
    task = CATALOGUE.load("softmax")
    try:
        with pytest.raises(OracleError, match="NoGpu"):
            collect_evidence(task, task.fixed_cases[0], eager_runner=made.of("softmax"))
    finally:
        made.close()


def test_a_runner_that_dies_is_replaced() -> None:
    import torch

    text = "import os\nfrom types import SimpleNamespace\ntask = SimpleNamespace(reference=lambda x: {})\n"
    codes = {"dying": text.format("os._exit(1)"), "living": text.format("x * 2")}
    case = Case(x=Tensor((3,)))
    task = task_of(lambda x: x * 2, case)
    made = GpuEager("cpu", codes.__getitem__)
    try:
        assert made.of("dying")(task, case) is None
        found = made.of("living")(task, case)
        assert found is not None
        assert torch.equal(found[0], collect_evidence(task, case).expected[0].eager)
    finally:
        made.close()


def test_a_result_that_is_not_a_tensor_is_not_used() -> None:
    text = "from types import SimpleNamespace\ntask = SimpleNamespace(reference=lambda x: 3)\n"
    case = Case(x=Tensor((3,)))
    made = GpuEager("cpu", lambda name: text)
    try:
        assert made.of("three")(task_of(lambda x: x * 2, case), case) is None
    finally:
        made.close()


def test_one_runner_serves_several_tasks(gpu_eager: GpuEager) -> None:
    pids = set()
    for name in ("softmax", "relu", "softmax"):
        task = CATALOGUE.load(name)
        found = gpu_eager.of(name)(task, task.fixed_cases[0])
        assert found is not None
        assert found[0].equal(collect_evidence(task, task.fixed_cases[0]).expected[0].eager)
        assert gpu_eager._runner is not None
        pids.add(gpu_eager._runner.pid)
    assert len(pids) == 1
