"""Comparisons by meaning: indices of tied values, and linear solves."""

from __future__ import annotations

import pytest

from pytest_kernelbench import Case, Tensor
from tests.support.judging import evidence_of, right, verdict

TIED = Case(x=Tensor((6, 40), fill="integers(0, 3)"), dim=-1)


def argmax(x, dim=None, keepdim=False):
    return x.argmax(dim, keepdim=keepdim)


class TestGathered:
    @pytest.mark.parametrize("dim", [-1, 0, None])
    @pytest.mark.parametrize("keepdim", [False, True])
    def test_any_index_of_a_tied_value(self, dim: int | None, keepdim: bool) -> None:
        import torch

        evidence = evidence_of(argmax, Case(x=TIED.x, dim=dim, keepdim=keepdim), compare="gathered")
        x = evidence.arguments["x"]
        first = evidence.expected[0].eager
        if dim is None:
            last = x.numel() - 1 - x.reshape(-1).flip(0).argmax()
            last = last.reshape(first.shape)
            smallest = x.argmin().reshape(first.shape)
        else:
            last = x.shape[dim] - 1 - x.flip(dim).argmax(dim, keepdim=keepdim)
            smallest = x.argmin(dim, keepdim=keepdim)
        assert not torch.equal(first, last)
        assert right(evidence, first)
        assert right(evidence, last)
        assert not right(evidence, smallest)

    def test_indices_outside_and_the_message(self) -> None:
        evidence = evidence_of(argmax, TIED, compare="gathered")
        first = evidence.expected[0].eager
        for bad in (first - 100, first + 40):
            mismatch = verdict(evidence, bad).mismatch
            assert mismatch is not None
            assert "an index is outside of 0 to 39" in mismatch.message
        mismatch = verdict(evidence, evidence.arguments["x"].argmin(-1)).mismatch
        assert mismatch is not None
        assert "6 of 6 indices are wrong" in mismatch.message

    def test_nan_is_a_value_too(self) -> None:
        evidence = evidence_of(argmax, Case(x=Tensor((6, 80), fill="nan"), dim=-1), compare="gathered")
        assert right(evidence, evidence.expected[0].eager)
        assert not right(evidence, evidence.arguments["x"].nan_to_num(-9.0).argmax(-1))

    def test_shape_and_dtype_come_first(self) -> None:
        import torch

        evidence = evidence_of(argmax, TIED, compare="gathered")
        eager = evidence.expected[0].eager
        for result, status in ((eager.to(torch.int32), "wrong_dtype"), (eager[:5], "wrong_shape")):
            mismatch = verdict(evidence, result).mismatch
            assert mismatch is not None
            assert mismatch.status == status


def solve(A, b):
    import torch

    return torch.linalg.solve(A, b)


class TestResidual:
    @pytest.mark.parametrize("shape", [(20,), (20, 3)])
    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_solutions_by_their_backward_error(self, shape: tuple[int, ...], dtype: str) -> None:
        import torch

        for fill in ("nonsingular", "normal"):
            case = Case(A=Tensor((20, 20), dtype, fill), b=Tensor(shape, dtype))
            evidence = evidence_of(solve, case, dtypes=(dtype,), compare="residual")
            A, b = evidence.arguments["A"], evidence.arguments["b"]
            eager = evidence.expected[0].eager
            assert right(evidence, eager)
            assert right(evidence, solve(A.double(), b.double()).to(eager.dtype))
            assert right(evidence, torch.linalg.inv(A) @ b) or fill == "normal"
            assert not right(evidence, eager * 1.05)
            assert not right(evidence, eager.flip(0))
            assert not right(evidence, torch.zeros_like(eager))
            assert not right(evidence, torch.full_like(eager, float("nan")))

    def test_inverses_and_batches(self) -> None:
        import torch

        case = Case(A=Tensor((3, 12, 12), fill="nonsingular"))
        evidence = evidence_of(lambda A: torch.linalg.inv(A), case, compare="residual")
        eager = evidence.expected[0].eager
        assert right(evidence, eager)
        one = eager.clone()
        one[1] *= 1.01
        assert not right(evidence, one)
        assert not right(evidence, eager.mT)


def test_an_empty_system_has_no_residual() -> None:
    import torch

    evidence = evidence_of(solve, Case(A=Tensor((0, 3, 3)), b=Tensor((0, 3, 1))), compare="residual")
    assert right(evidence, torch.empty(0, 3, 1))
