"""Eager's answers from a trusted runner: the same that the oracle would give itself, where there is no GPU between."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_kernelbench.judge.oracle import OracleError, evaluate
from pytest_kernelbench.judge.yardstick import Yardstick
from pytest_kernelbench.model.catalogue import Catalogue

CATALOGUE = Catalogue.find()


def code(name: str) -> str:
    return CATALOGUE.names()[name].path.read_text(encoding="utf-8")


@pytest.fixture
def yardstick() -> Iterator[Yardstick]:
    """A yardstick on the processor."""
    made = Yardstick("cpu", code)
    yield made
    made.close()


@pytest.mark.parametrize("name", ["softmax", "RMSProp", "svd"])
def test_evidence_is_the_same(name: str, yardstick: Yardstick) -> None:
    import torch

    task = CATALOGUE.load(name)
    case = task.spine[0]
    ours, theirs = evaluate(task, case), evaluate(task, case, elsewhere=yardstick.of(name))
    assert len(ours.wanted) == len(theirs.wanted)
    for left, right in zip(ours.wanted, theirs.wanted, strict=True):
        assert (left.name, left.dtype) == (right.name, right.dtype)
        assert torch.equal(left.eager, right.eager)


def test_what_the_other_device_lacks_is_run_here(yardstick: Yardstick, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yardstick, "_code", lambda name: code("softmax") + "\ntask.reference.__code__ = None\n")
    task = CATALOGUE.load("softmax")
    assert yardstick.of("softmax")(task, task.spine[0]) is None
    assert evaluate(task, task.spine[0], elsewhere=yardstick.of("softmax")).wanted


def test_a_gpu_that_cannot_be_used_is_said() -> None:
    made = Yardstick("cuda:GPU-none", code)
    task = CATALOGUE.load("softmax")
    try:
        with pytest.raises(OracleError, match="NoGpu"):
            evaluate(task, task.spine[0], elsewhere=made.of("softmax"))
    finally:
        made.close()
