"""Lines that explain a message."""

from __future__ import annotations

import math

import pytest
import torch

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.host.answers import Answer, Output
from pytest_kernelbench.judge.correctness.explanations import check_arguments, unwritten, wanted_signature
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.task import Task


def reference(input, inplace=False):
    return input.relu()


TASK = Task(reference, lambda draw, given: Case(input=Tensor((3,))), (Case(input=Tensor((3,))),))


def answer(*values: float) -> Answer:
    return Answer("ok", outputs=(Output("Tensor", "float32", (len(values),), tensor=torch.tensor(values)),))


def test_memory_is_unwritten_where_its_contents_follow_the_poison() -> None:
    assert unwritten(answer(1.0, math.nan), answer(1.0, 2.0**100))
    assert not unwritten(answer(1.0, math.nan), answer(1.0, math.nan))
    assert not unwritten(answer(1.0), answer(1.0, 2.0))


def test_a_call_that_cannot_be_made_is_told_the_signature() -> None:
    message = "TypeError: relu() missing 1 required positional argument: 'y'"
    assert wanted_signature(TASK, "relu", message, ()) == "wanted: relu(input, inplace=False)"
    assert wanted_signature(TASK, "relu", message, ("line 3, in relu: ...",)) is None
    assert wanted_signature(TASK, "relu", "ValueError: no", ()) is None


def test_a_case_with_other_arguments_is_told_those_of_the_task() -> None:
    check_arguments(TASK, "relu", Case(input=Tensor((3,)), inplace=True))
    with pytest.raises(KernelBenchError, match=r"no argument 'inputs': did you mean input\?.*it has input, inplace"):
        check_arguments(TASK, "relu", Case(inputs=Tensor((3,))))
