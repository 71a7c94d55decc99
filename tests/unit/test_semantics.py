"""Comparisons by meaning: ties, linear solves, random draws."""

from __future__ import annotations

from typing import Any

import pytest
from judging import evidence_of, right, verdict

from pytest_kernelbench import Case, DType, Tensor

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
        first = evidence.wanted[0].eager
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
        first = evidence.wanted[0].eager
        for bad in (first - 100, first + 40):
            mismatch = verdict(evidence, bad).mismatch
            assert mismatch is not None
            assert "an index is outside of 0 to 39" in mismatch.message
        mismatch = verdict(evidence, evidence.arguments["x"].argmin(-1)).mismatch
        assert mismatch is not None
        assert "6 of 6 indices are wrong" in mismatch.message

    def test_nan_is_a_value_too(self) -> None:
        evidence = evidence_of(argmax, Case(x=Tensor((6, 80), fill="nan"), dim=-1), compare="gathered")
        assert right(evidence, evidence.wanted[0].eager)
        assert not right(evidence, evidence.arguments["x"].nan_to_num(-9.0).argmax(-1))

    def test_shape_and_dtype_come_first(self) -> None:
        import torch

        evidence = evidence_of(argmax, TIED, compare="gathered")
        eager = evidence.wanted[0].eager
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
            eager = evidence.wanted[0].eager
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
        eager = evidence.wanted[0].eager
        assert right(evidence, eager)
        one = eager.clone()
        one[1] *= 1.01
        assert not right(evidence, one)
        assert not right(evidence, eager.mT)


def draws(evidence: Any, make: Any) -> list[bool]:
    import torch

    accepted = []
    for seed in range(50):
        generator = torch.Generator().manual_seed(seed)
        accepted.append(right(evidence, make(generator)))
    return accepted


def rand(*size, dtype=None):
    import torch

    return torch.rand(*size, dtype=dtype)


class TestRandom:
    @pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
    @pytest.mark.parametrize("size", [(64, 100), (1,), (4099,), (100,)])
    def test_uniform_draws_are_accepted(self, size: tuple[int, ...], dtype: str) -> None:
        import torch

        kind = getattr(torch, dtype)
        evidence = evidence_of(rand, Case(size=size, dtype=DType(dtype)), compare="random")
        assert all(draws(evidence, lambda generator: torch.rand(*size, generator=generator, dtype=kind)))

    @pytest.mark.parametrize(
        "wrong",
        [
            lambda torch, g: torch.rand(6400, generator=g) ** 1.2,
            lambda torch, g: torch.rand(6400, generator=g) * 0.95,
            lambda torch, g: torch.randn(6400, generator=g),
            lambda torch, g: torch.randn(6400, generator=g).abs().clamp(max=0.99),
            lambda torch, g: torch.rand(128, generator=g).repeat(50),
            lambda torch, g: torch.rand(1024, generator=g).repeat(7)[:6400],
            lambda torch, g: torch.rand(3200, generator=g).repeat_interleave(2),
            lambda torch, g: torch.linspace(0, 0.999, 6400),
            lambda torch, g: torch.full((6400,), 0.5),
            lambda torch, g: torch.rand(6400, generator=g).clamp(min=0.1),
            lambda torch, g: torch.cat([torch.rand(6399, generator=g), torch.ones(1)]),
            lambda torch, g: torch.full((6400,), float("nan")),
        ],
        ids=["biased", "short", "normal", "folded", "block of 128", "block of 1024", "pairs", "ramp", "constant",
             "no small ones", "a one", "nan"],
    )  # fmt: skip
    def test_other_draws_are_not(self, wrong: Any) -> None:
        import torch

        evidence = evidence_of(rand, Case(size=(6400,)), compare="random")
        assert not any(draws(evidence, lambda generator: wrong(torch, generator)))
