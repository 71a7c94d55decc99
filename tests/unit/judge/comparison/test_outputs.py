"""Updated arguments: read from their memory after a call, in every layout."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.host.answers import Answer
from pytest_kernelbench.judge.comparison.outputs import afterwards, updated
from pytest_kernelbench.model.case import LAYOUTS, leaves
from pytest_kernelbench.wire.materialize import materialize
from tests.support.judging import task_of


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_tensor_from_its_memory(layout: str) -> None:
    import torch

    case = Case(x=Tensor((2, 3, 4, 5), layout=layout))
    (guarded,) = materialize(case).tensors
    found = afterwards(case.x, guarded.snapshot())
    assert (found.kind, found.dtype, found.shape) == ("Tensor", "float32", (2, 3, 4, 5))
    assert found.tensor is not None
    assert found.tensor.is_contiguous()
    assert torch.equal(found.tensor, guarded.tensor)


def test_updated_arguments_in_the_order_of_the_task() -> None:
    def reference(x: Any, states: Any, y: Any) -> Any:
        return x

    case = Case(x=Tensor((2,)), states=[Tensor((3,)), Tensor((4,))], y=Tensor((5,)))
    task = task_of(reference, case, mutates=("y", "states"))
    answer = Answer("ok", memory=tuple(each.snapshot() for each in materialize(case).tensors))
    assert [output.shape for output in updated(task, case, answer)] == [(5,), (3,), (4,)]
    assert updated(task_of(reference, case), case, answer) == []
    assert len(list(leaves(case))) == 4
