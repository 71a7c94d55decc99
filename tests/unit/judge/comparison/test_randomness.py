"""Statistical tests of random draws: honest draws are accepted, biased or correlated ones never."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_kernelbench import Case, DType
from pytest_kernelbench.judge.comparison.randomness import FRACTION_BITS, correlated, distance_to_uniform, too_coarse
from tests.support.judging import evidence_of, right, verdict


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


def test_draws_that_depend_on_each_other() -> None:
    import torch

    for p in (0.1, 0.5):
        keep = torch.rand(5000, generator=torch.Generator().manual_seed(3)) >= p
        standard = (keep.double() - (1 - p)) / (p * (1 - p)) ** 0.5
        most = (1 - p) / p
        assert correlated(standard, most) is None
        for lag in (1, 32, 1024):
            assert correlated(torch.cat([standard[:lag]] * (5000 // lag)), most) is not None


def test_the_distance_to_the_uniform_distribution() -> None:
    import torch

    assert distance_to_uniform(torch.tensor([0.5], dtype=torch.float64)) == 0.5
    even = (torch.arange(100, dtype=torch.float64) + 0.5) / 100
    assert distance_to_uniform(even) == pytest.approx(0.005)
    assert distance_to_uniform(even / 2) == pytest.approx(0.5025)


def test_each_reason_is_named() -> None:
    import torch

    evidence = evidence_of(rand, Case(size=(6400,)), compare="random")
    repeated = torch.rand(1024, generator=torch.Generator().manual_seed(1)).repeat(7)[:6400]
    for draw, text in (
        (torch.full((6400,), 1.0), "result: draws lie outside of [0, 1)"),
        (torch.full((6400,), 0.5), "result: the draws are not uniform: Kolmogorov-Smirnov distance 0.5, at most 0.0"),
        (repeated, "result: draws that are 1024 apart are correlated"),
    ):
        mismatch = verdict(evidence, draw).mismatch
        assert mismatch is not None
        assert mismatch.message.startswith(text)


def test_few_draws_are_only_tested_for_their_range() -> None:
    import torch

    evidence = evidence_of(rand, Case(size=(63,)), compare="random")
    assert right(evidence, torch.zeros(63))
    assert not right(evidence, torch.ones(63))


class TestFineness:
    @pytest.mark.parametrize("count", [64, 129, 4099, 33153])
    @pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
    def test_draws_of_all_fraction_bits_are_fine_enough(self, dtype: str, count: int) -> None:
        import torch

        bits = FRACTION_BITS[dtype]
        for seed in range(20):
            generator = torch.Generator().manual_seed(seed)
            drawn = torch.randint(2**bits, (count,), generator=generator).double() / 2**bits
            assert too_coarse(drawn, bits) is None
            drawn = torch.rand(count, generator=generator, dtype=getattr(torch, dtype)).double()
            assert too_coarse(drawn, bits) is None

    @pytest.mark.parametrize(("dtype", "count", "bits"), [
        ("float32", 100, 6), ("float32", 4099, 16), ("float32", 33153, 20), ("float16", 4095, 8), ("bfloat16", 4095, 6),
    ])  # fmt: skip
    def test_coarser_draws_are_found(self, dtype: str, count: int, bits: int) -> None:
        import torch

        for seed in range(20):
            generator = torch.Generator().manual_seed(seed)
            drawn = torch.randint(2**bits, (count,), generator=generator).double() / 2**bits
            assert "too coarse" in (too_coarse(drawn, FRACTION_BITS[dtype]) or "")
