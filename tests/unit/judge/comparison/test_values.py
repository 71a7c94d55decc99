"""Tolerances of values: right results are accepted however they were computed, and wrong ones never are."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.judge.comparison.evidence import Evidence
from pytest_kernelbench.judge.comparison.values import measure
from tests.support.judging import evidence_of, right, verdict

HALVES = ("float16", "bfloat16")
DTYPES = ("float32", *HALVES)
SEEDS = range(4)


def summed(case: Case) -> int:
    return case.x.shape[-1]


def rows(dtype: str = "float32", shape: tuple[int, ...] = (24, 1025), fill: str = "normal", seed: int = 0) -> Case:
    return Case(x=Tensor(shape, dtype, fill, seed=seed))


def coarse(value: Any) -> Any:
    """Return float32 values truncated to TF32."""
    import torch

    return (value.view(torch.int32) & ~0x1FFF).view(torch.float32)


def dtype_of(name: str) -> Any:
    import torch

    return getattr(torch, name)


def softmax(x):
    return x.softmax(-1)


def std(x):
    return x.std(-1)


def gelu(x):
    from torch.nn.functional import gelu

    return gelu(x)


def tanh_gelu(x):
    from torch.nn.functional import gelu

    return gelu(x, approximate="tanh")


def short_softmax(x):
    from torch.nn.functional import pad

    return pad(softmax(x[:, :-1]), (0, 1))


def total(x):
    return x.sum(-1)


def matmul(x, y):
    return x @ y


def layer_norm(x):
    return (x - x.mean(-1, keepdim=True)) / (x.var(-1, keepdim=True, correction=0) + 1e-5).sqrt()


REDUCTIONS = (softmax, std, total, layer_norm)


class TestRight:
    @pytest.mark.parametrize("dtype", DTYPES)
    @pytest.mark.parametrize("fill", ["normal", "normal(1000, 0.1)", "normal(0, 0.01)", "outliers", "constant(1)"])
    @pytest.mark.parametrize("reference", [*REDUCTIONS, gelu], ids=lambda function: function.__name__)
    def test_computed_exactly_or_in_float32_and_rounded_once(self, reference: Any, fill: str, dtype: str) -> None:
        import torch

        if reference is layer_norm and fill in ("constant(1)", "normal(1000, 0.1)"):
            pytest.skip("float32 keeps no digit of a spread that rounding has made")
        for seed in SEEDS:
            evidence = evidence_of(reference, rows(dtype, fill=fill, seed=seed), accumulation=summed)
            x = evidence.arguments["x"]
            assert right(evidence, reference(x.double()).to(dtype_of(dtype)))
            assert right(evidence, reference(x.float()).to(dtype_of(dtype)))
            assert right(evidence, reference(x))
            assert right(evidence, torch.from_numpy(reference(x.double()).float().numpy()).to(dtype_of(dtype)))

    @pytest.mark.parametrize("dtype", DTYPES)
    def test_another_order_of_summation(self, dtype: str) -> None:
        import torch

        for seed in SEEDS:
            for fill in ("normal", "uniform(0, 1)", "normal(1000, 0.1)"):
                evidence = evidence_of(total, rows(dtype, fill=fill, seed=seed), accumulation=summed)
                x = evidence.arguments["x"].float()
                sequential = torch.zeros(x.shape[0])
                for column in x.T:
                    sequential = sequential + column
                blocks = torch.stack([part.sum(-1) for part in x.split(32, -1)]).flip(0).sum(0)
                for sums in (sequential, blocks, x.flip(-1).cumsum(-1)[:, -1]):
                    assert right(evidence, sums.to(dtype_of(dtype)))

    @pytest.mark.parametrize("dtype", DTYPES)
    def test_a_product_in_tiles(self, dtype: str) -> None:
        import torch

        for seed in SEEDS:
            case = Case(x=Tensor((33, 129), dtype, seed=seed), y=Tensor((129, 17), dtype, seed=seed))
            evidence = evidence_of(matmul, case, accumulation=summed)
            x, y = (evidence.arguments[name].float() for name in "xy")
            tiles = [x[:, k : k + 16] @ y[k : k + 16] for k in range(0, 129, 16)]
            assert right(evidence, torch.stack(tiles).cumsum(0)[-1].to(dtype_of(dtype)))

    def test_few_elements_are_no_sample(self) -> None:
        for seed in range(40):
            for shape in ((1, 3), (2, 5), (1, 1)):
                evidence = evidence_of(softmax, rows("float16", shape, seed=seed), accumulation=summed)
                x = evidence.arguments["x"]
                assert right(evidence, softmax(x.float()).half())
                assert right(evidence, softmax(x.double()).half())

    def test_nothing_to_compare(self) -> None:
        import torch

        assert right(evidence_of(gelu, rows(shape=(0, 5))), torch.empty(0, 5))


class TestWrong:
    @pytest.mark.parametrize("dtype", DTYPES)
    @pytest.mark.parametrize(
        ("reference", "wrong"),
        [
            (softmax, short_softmax),
            (total, lambda x: x[:, :-1].sum(-1)),
            (std, lambda x: x.std(-1, correction=0)),
            (std, lambda x: x[:, :-1].std(-1)),
            (gelu, tanh_gelu),
            (layer_norm, lambda x: (x - x.mean(-1, keepdim=True)) / x.std(-1, keepdim=True)),
            (softmax, lambda x: x.exp() / (x.exp().sum(-1, keepdim=True) + 1)),
        ],
        ids=["softmax without the last column", "sum without the last column", "biased std",
             "std without the last column", "tanh for erf", "Bessel in layer norm", "a padded lane of softmax"],
    )  # fmt: skip
    def test_a_formula_that_is_off(self, reference: Any, wrong: Callable[..., Any], dtype: str) -> None:
        # Half precision hides what is one part in a thousand: its rows are short. GELUs differ in their tails alone.
        shape = (24, 1025) if dtype == "float32" or reference is gelu else (24, 9)
        for seed in SEEDS:
            evidence = evidence_of(reference, rows(dtype, shape, seed=seed), accumulation=summed)
            assert not right(evidence, wrong(evidence.arguments["x"].double()).to(dtype_of(dtype)))

    @pytest.mark.parametrize("dtype", HALVES)
    def test_an_accumulator_of_half_precision(self, dtype: str) -> None:
        import torch

        refused = 0
        for seed in SEEDS:
            case = Case(x=Tensor((32, 512), dtype, seed=seed), y=Tensor((512, 16), dtype, seed=seed))
            evidence = evidence_of(matmul, case, accumulation=summed)
            x, y = evidence.arguments["x"], evidence.arguments["y"]
            sums = torch.zeros(32, 16, dtype=x.dtype)
            for k in range(512):
                sums = sums + x[:, k : k + 1] * y[k]
            refused += not right(evidence, sums)
        assert refused == len(SEEDS)

    def test_one_element_of_many(self) -> None:
        evidence = evidence_of(gelu, rows())
        result = evidence.expected[0].eager.clone()
        result[7, 1023] *= 1 + 1e-4
        mismatch = verdict(evidence, result).mismatch
        assert mismatch is not None
        assert mismatch.status == "wrong_values"
        first, second, third = mismatch.message.splitlines()
        assert first.startswith("result[7, 1023]: got ")
        assert first.endswith("units of error, at most 3)")
        assert second.startswith("1 of 24600 elements are wrong; first: [7, 1023] ")
        assert third == "tolerance dominated by: the scale of the whole result (4 u rms)"

    def test_results_in_half_precision_of_a_float32_task(self) -> None:
        evidence = evidence_of(gelu, rows())
        assert not right(evidence, evidence.expected[0].eager.half().float())
        assert not right(evidence, evidence.expected[0].eager.bfloat16().float())

    def test_tf32_where_it_is_not_allowed_and_where_it_is(self) -> None:
        case = Case(x=Tensor((64, 64)), y=Tensor((64, 64)))
        plain = evidence_of(matmul, case, accumulation=summed)
        result = coarse(plain.arguments["x"]) @ coarse(plain.arguments["y"])
        assert not right(plain, result)
        allowed = evidence_of(matmul, case, accumulation=summed, tf32=True)
        assert verdict(allowed, result).grade == "tf32"
        assert verdict(allowed, plain.expected[0].eager).grade == "ieee"
        assert not right(allowed, result * 1.05)


class TestTruncatedInputs:
    """Tensor cores may drop the low bits of float32 operands, which moves sums of terms of one sign one way."""

    CASE = Case(x=Tensor((32, 512), fill="uniform(0, 1)"), y=Tensor((512, 32), fill="uniform(0, 1)", seed=1))

    def evidence(self, reference: Callable[..., Any] = matmul, *, on_gpu: bool = True) -> Evidence:
        return replace(evidence_of(reference, self.CASE, accumulation=summed, tf32=True), tensor_cores=on_gpu)

    @pytest.mark.parametrize("operands", ["xy", "x", "y"])
    def test_on_a_gpu_and_elsewhere(self, operands: str) -> None:
        evidence = self.evidence()
        x, y = (coarse(value) if name in operands else value for name, value in evidence.arguments.items())
        assert verdict(evidence, x @ y).grade == "tf32"
        assert right(self.evidence(on_gpu=False), x @ y) == (operands != "xy")

    def test_two_products(self) -> None:
        evidence = self.evidence(lambda x, y: x @ y @ y.T)
        x, y = map(coarse, evidence.arguments.values())
        assert verdict(evidence, coarse(x @ y) @ y.T).grade == "tf32"

    def test_what_truncation_does_not_explain(self) -> None:
        evidence = self.evidence()
        x, y = map(coarse, evidence.arguments.values())
        result, change = x @ y, 2.0**-10 * evidence.expected[0].eager
        assert not right(evidence, result - 4 * change)
        assert not right(evidence, evidence.expected[0].eager + 4 * change)
        one = result.clone()
        one[3, 4] *= 1.01
        assert not right(evidence, one)
        case = Case(x=Tensor((32, 16), fill="uniform(0, 1)"), y=Tensor((16, 32), fill="uniform(0, 1)", seed=1))
        short = replace(evidence_of(matmul, case, accumulation=summed, tf32=True), tensor_cores=True)
        x, y = short.arguments.values()
        assert not right(short, x.bfloat16().float() @ y.bfloat16().float())


class TestRms:
    """Errors that are small in each element and large in all of them together."""

    def test_all_elements_are_off_by_two_units(self) -> None:
        evidence = evidence_of(lambda x: x * 1.5, rows(shape=(64, 64)))
        (expected,) = evidence.expected
        unit = measure(expected, expected.eager, 1).unit
        mismatch = verdict(evidence, (expected.exact + 2 * unit).float()).mismatch
        assert mismatch is not None
        assert mismatch.status == "wrong_values"
        assert re.search(
            r"; all 4096 elements together: rms 2\.\d\d units, at most 0\.97 \(eager: 0\.\d\d\)$", mismatch.message
        )
        one = expected.exact.clone()
        one[3, 4] += 2 * unit[3, 4]
        assert right(evidence, one.float())

    def test_what_is_no_number_does_not_count(self) -> None:
        evidence = evidence_of(lambda x: x / 0, rows(shape=(8, 8)))
        assert right(evidence, evidence.expected[0].eager)


@pytest.mark.parametrize(
    ("reference", "case", "part"),
    [
        (lambda x: x * 0 + 3, Case(x=Tensor((50,), "float16")), "rounding of the result"),
        (lambda x: x - 1000, Case(x=Tensor((50,), fill="normal(1000, 0.1)")), "sensitivity to rounded inputs"),
        (lambda x: x + x, rows(shape=(50,)), "the scale of the whole result (4 u rms)"),
        (lambda x: x.double().half().to(x.dtype) if x.dtype.itemsize < 8 else x, rows(shape=(50,)),
         "eager PyTorch's own error"),
    ],
)  # fmt: skip
def test_the_largest_part_of_the_tolerance_is_named(reference: Any, case: Case, part: str) -> None:
    evidence = evidence_of(reference, case)
    mismatch = verdict(evidence, evidence.expected[0].eager + 9).mismatch
    assert mismatch is not None
    assert mismatch.message.splitlines()[2] == f"tolerance dominated by: {part}"


def test_other_failures_say_what_is_compared() -> None:
    integers = evidence_of(lambda x: x, Case(x=Tensor((5,), "int32", "integers(-9, 9)")))
    mismatch = verdict(integers, integers.expected[0].eager + 1).mismatch
    assert mismatch is not None
    assert mismatch.message.splitlines()[2] == "compared exactly"
    infinite = evidence_of(lambda x: x, rows(shape=(8, 40), fill="inf"))
    mismatch = verdict(infinite, infinite.expected[0].eager.nan_to_num(0.0, 0.0, 0.0)).mismatch
    assert mismatch is not None
    assert mismatch.message.splitlines()[2] == "NaN and infinities must be those of the reference"
