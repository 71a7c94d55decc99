"""The structure of a result: number, type, shape, dtype and layout of its outputs, before any value."""

from __future__ import annotations

from typing import Any

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.host.answers import Output
from pytest_kernelbench.judge.comparison.compare import COMPARISONS, compare
from pytest_kernelbench.model import task
from tests.support.judging import evidence_of, right, verdict


def rows(shape: tuple[int, ...]) -> Case:
    return Case(x=Tensor(shape))


def gelu(x: Any) -> Any:
    from torch.nn.functional import gelu

    return gelu(x)


class TestStructure:
    def test_number_kind_shape_and_dtype(self) -> None:
        import torch

        evidence = evidence_of(gelu, rows((2, 3)))
        eager = evidence.expected[0].eager
        for results, status, message in (
            ([], "wrong_shape", "got 0 outputs, wanted 1: result"),
            ([eager, eager], "wrong_shape", "got 2 outputs, wanted 1: result"),
            ([eager[:, :2]], "wrong_shape", "result.shape is (2, 2), wanted (2, 3)"),
            ([eager.T], "wrong_shape", "result.shape is (3, 2), wanted (2, 3)"),
            ([eager.double()], "wrong_dtype", "result.dtype is float64, wanted float32"),
            ([eager.to(torch.int32)], "wrong_dtype", "result.dtype is int32, wanted float32"),
            ([3.0], "wrong_dtype", "result is a float (3.0), wanted a torch.Tensor"),
            ([None], "wrong_dtype", "result is a NoneType (None), wanted a torch.Tensor"),
        ):
            mismatch = verdict(evidence, *results).mismatch
            assert mismatch is not None
            assert (mismatch.status, mismatch.message) == (status, message)

    def test_subclasses_and_layouts_break_the_contract(self) -> None:
        evidence = evidence_of(gelu, rows((2, 3)))
        lying = Output("LazyTensor", subclass=True, value="tensor([1])")
        sparse = Output("Tensor", "float32", (2, 3), "sparse_coo")
        for result in (lying, sparse):
            mismatch = compare(evidence, [result]).mismatch
            assert mismatch is not None
            assert mismatch.status == "contract"

    def test_several_outputs_are_named(self) -> None:
        evidence = evidence_of(lambda x: (x.exp(), x.sin()), rows((3,)))
        assert [expected.name for expected in evidence.expected] == ["result[0]", "result[1]"]
        exp, sin = (expected.eager for expected in evidence.expected)
        assert right(evidence, exp, sin)
        mismatch = verdict(evidence, exp, exp).mismatch
        assert mismatch is not None
        assert mismatch.message.startswith("result[1][")


def test_every_comparison_of_a_task_exists() -> None:
    assert (*COMPARISONS,) == task.COMPARISONS
