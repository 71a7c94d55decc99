"""Values that have no tolerance, or another one: not finite, integers, bools, complex numbers, what is mutated."""

from __future__ import annotations

import math

import pytest

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.judge.comparison.compare import compare
from tests.support.judging import evidence_of, output, right, verdict
from tests.unit.judge.comparison.test_values import matmul, rows, softmax, summed


class TestNonFinite:
    def test_nan_and_infinities_must_be_met(self) -> None:
        import torch

        for fill in ("nan", "inf"):
            evidence = evidence_of(lambda x: x.relu(), rows(shape=(8, 40), fill=fill))
            eager = evidence.expected[0].eager
            assert right(evidence, eager)
            assert not right(evidence, eager.nan_to_num(0.0, 0.0, 0.0))
            other = torch.where(eager.isfinite(), eager, -math.inf)
            assert not right(evidence, other)
            spread = eager.clone()
            spread[0, 0] = math.nan
            assert eager[0, 0].isnan() or not right(evidence, spread)

    def test_overflow_like_eagers_is_accepted_and_better_is_too(self) -> None:
        import torch

        def squared(x):
            return (x * x).sum(-1).sqrt()

        evidence = evidence_of(squared, rows("float16", (8, 64), fill="constant(300)"), accumulation=summed)
        assert evidence.expected[0].eager.isinf().all()
        assert right(evidence, evidence.expected[0].eager)
        assert right(evidence, evidence.expected[0].exact.half())
        assert not right(evidence, torch.zeros(8, dtype=torch.float16))
        assert not right(evidence, torch.full((8,), math.nan, dtype=torch.float16))

    def test_overflow_of_a_result_that_is_representable(self) -> None:
        evidence = evidence_of(softmax, rows("float32", (4, 40), fill="normal(1000, 30)"), accumulation=summed)
        x = evidence.arguments["x"]
        assert not right(evidence, x.exp() / x.exp().sum(-1, keepdim=True))

    def test_results_that_round_to_infinity(self) -> None:
        evidence = evidence_of(lambda x: x * 40000, rows("float16", (8, 40)))
        assert evidence.expected[0].eager.isinf().any()
        assert right(evidence, evidence.expected[0].exact.half())
        assert not right(evidence, evidence.expected[0].exact.half().clamp(-65504, 65504))


class TestOtherDtypes:
    def test_integers_are_exact(self) -> None:
        evidence = evidence_of(lambda x: x * 3, Case(x=Tensor((50,), "int32", "integers(-9, 9)")))
        eager = evidence.expected[0].eager
        assert right(evidence, eager)
        mismatch = verdict(evidence, eager + (eager == eager[3])).mismatch
        assert mismatch is not None
        assert "must be equal" in mismatch.message

    def test_bools_are_exact(self) -> None:
        evidence = evidence_of(lambda x: x > 0, rows(shape=(50,)))
        assert right(evidence, evidence.expected[0].eager)
        assert not right(evidence, ~evidence.expected[0].eager)

    @pytest.mark.parametrize("dtype", ["complex64", "complex128", "float64"])
    def test_complex_numbers_and_doubles(self, dtype: str) -> None:
        import torch

        case = Case(x=Tensor((20, 20), dtype), y=Tensor((20, 20), dtype, seed=1))
        evidence = evidence_of(matmul, case, dtypes=(dtype,), accumulation=summed)
        eager = evidence.expected[0].eager
        x, y = evidence.arguments["x"], evidence.arguments["y"]
        assert right(evidence, eager)
        assert right(evidence, sum(torch.outer(x[:, k], y[k]) for k in range(20)))
        assert not right(evidence, eager * (1 + 1e-4))
        if dtype.startswith("complex"):
            assert not right(evidence, eager.conj().resolve_conj())
        if dtype.endswith(("64", "128")) and dtype != "complex64":
            narrow = torch.complex64 if dtype == "complex128" else torch.float32
            assert not right(evidence, eager.to(narrow).to(eager.dtype))

    def test_what_a_reference_mutates_is_part_of_the_result(self) -> None:
        def reference(x, state):
            state += x
            return x * 2

        case = Case(x=Tensor((5,)), state=Tensor((5,)))
        evidence = evidence_of(reference, case, mutates=("state",))
        assert [expected.name for expected in evidence.expected] == ["result", "state"]
        result, state = (expected.eager for expected in evidence.expected)
        assert right(evidence, result, state)
        mismatch = compare(evidence, [output(result), output(evidence.arguments["state"])]).mismatch
        assert mismatch is not None
        assert mismatch.message.startswith("state[")
