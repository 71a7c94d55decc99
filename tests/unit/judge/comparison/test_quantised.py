"""Quantised results: codes with their ties, products of them, and whole outputs that must fit one pipeline."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from pytest_kernelbench import Case, Task, TaskError, Tensor
from pytest_kernelbench.authoring.quantisation import INT8, Pipeline, codes, quantise, rounding
from pytest_kernelbench.judge.comparison.evidence import collect_evidence
from pytest_kernelbench.judge.comparison.quantised import units
from pytest_kernelbench.model.catalogue import Catalogue
from tests.support.judging import evidence_of, right, verdict

if TYPE_CHECKING:
    import torch

CATALOGUE = Catalogue.find()


def through_codes(values: torch.Tensor, dim: Any, divisor: float, convert: Callable[[Any], Any] | None = None) -> Any:
    """Return values that went through codes of one grid, in their own dtype."""
    scale = values.abs().amax(dim, keepdim=True) / divisor
    exact = values / scale.where(scale > 0, 1.0)
    return (convert(exact) if convert else exact.round()).clamp(-128, 127) * scale


def sum_of_codes(input):
    integers, scale = quantise(input, -1)
    return integers * scale


def by_row_or_at_once(input):
    for name, dims in {"by row": -1, "at once": (-2, -1)}.items():
        made = codes(input, dims, INT8[0])
        yield Pipeline(name, made.value, made.tolerance + rounding(input.dtype, made.value))


class TestWholeOutput:
    CASE = Case(input=Tensor((6, 40), fill="outliers"))

    def evidence(self) -> Any:
        return evidence_of(sum_of_codes, self.CASE, compare="quantised", pipelines=by_row_or_at_once)

    def test_either_pipeline_but_not_both(self) -> None:
        evidence = self.evidence()
        x = evidence.arguments["input"]
        rows, whole = through_codes(x, -1, 127), through_codes(x, (-2, -1), 127)
        assert right(evidence, rows)
        assert right(evidence, whole)
        mixed = rows.clone()
        mixed[0] = whole[0]
        assert not right(evidence, mixed)
        assert not right(evidence, x)

    def test_the_message_names_the_nearest_pipeline(self) -> None:
        evidence = self.evidence()
        wrong = evidence.expected[0].eager.clone()
        wrong[2, 3] += 1
        mismatch = verdict(evidence, wrong).mismatch
        assert mismatch is not None
        assert mismatch.status == "wrong_values"
        assert mismatch.message.startswith("result[2, 3]: got ")
        assert "1 of 240 elements are wrong" in mismatch.message
        assert mismatch.message.endswith("nearest of 2 pipelines: by row")

    def test_nan_is_wrong(self) -> None:
        evidence = self.evidence()
        wrong = evidence.expected[0].eager.clone()
        wrong[0, 0] = float("nan")
        assert not right(evidence, wrong)

    def test_nothing_is_right_where_there_is_nothing(self) -> None:
        import torch

        empty = torch.zeros(0, 3)
        assert units(Pipeline("", empty.double(), empty.double()), empty).numel() == 0

    def test_a_pipeline_may_set_the_grade(self) -> None:
        def coarse(input):
            yield from by_row_or_at_once(input)
            yield Pipeline("coarse", input.double(), input.double().abs(), grade="tf32")

        evidence = evidence_of(sum_of_codes, self.CASE, compare="quantised", pipelines=coarse)
        assert verdict(evidence, evidence.expected[0].eager).grade == "ieee"
        assert verdict(evidence, evidence.arguments["input"]).grade == "tf32"

    def test_the_comparison_and_its_pipelines_belong_together(self) -> None:
        options: tuple[dict[str, Any], ...] = ({"compare": "quantised"}, {"pipelines": by_row_or_at_once})
        for each in options:
            with pytest.raises(TaskError, match="belong together"):
                Task(sum_of_codes, lambda draw, given: self.CASE, fixed_cases=(self.CASE,), **each)


def judged(name: str, answer: Callable[..., Any], place: int = 0) -> bool:
    """Whether an answer to a case of a task's fixed cases is accepted."""
    task = CATALOGUE.load(name)
    evidence = collect_evidence(task, task.fixed_cases[place])
    return right(evidence, answer(*evidence.arguments.values()).to(evidence.expected[0].eager.dtype))


class TestTasks:
    """What the text of a task leaves open is accepted, and nothing else; `tests/power` has the kernels."""

    @pytest.mark.parametrize("name", ["matmul_w8a8", "bmm_w8a8"])
    @pytest.mark.parametrize("divisor", [127, 127.5, 128])
    def test_products(self, name: str, divisor: float) -> None:
        def by(x: Any, y: Any, dims: Any, others: Any) -> Any:
            return through_codes(x, dims, divisor) @ through_codes(y, others, divisor)

        assert judged(name, lambda x, y: by(x, y, -1, -2))
        assert judged(name, lambda x, y: by(x, y, (-2, -1), -2)) == (name == "bmm_w8a8")
        assert not judged(name, lambda x, y: by(x, y, -1, (-2, -1)))
        assert not judged(name, lambda x, y: x @ y)
        assert not judged(name, lambda x, y: through_codes(x, -1, divisor) @ y)

    def test_convolution(self) -> None:
        import torch

        def conv(x: Any, w: Any, b: Any = None, stride: int = 1, padding: int = 0) -> Any:
            return torch.nn.functional.conv2d(x, w, b, stride, padding)

        for place in (0, 1):
            for dims in ((0, 1, 2, 3), (0, 2, 3)):
                assert judged(
                    "conv2d_w8a8",
                    lambda x, w, *rest, dims=dims: conv(
                        through_codes(x, dims, 127), through_codes(w, (1, 2, 3), 127), *rest
                    ),
                    place,
                )
            assert not judged("conv2d_w8a8", conv, place)

    def test_linear_layer(self) -> None:
        import torch

        def linear(x: Any, w: Any, b: Any, divisor: float = 7, **options: Any) -> Any:
            weights = through_codes(w.float(), -1, divisor, **options)
            return torch.nn.functional.linear(x.float(), weights, None if b is None else b.float())

        assert judged("linear_w4a16", linear)
        # Everything in float16.
        assert judged("linear_w4a16", lambda x, w, b: torch.nn.functional.linear(x, through_codes(w, -1, 7), b))
        assert not judged("linear_w4a16", lambda x, w, b: linear(x, w, b, 8))
        assert not judged("linear_w4a16", lambda x, w, b: linear(x, w, b, convert=torch.trunc))
        assert not judged("linear_w4a16", lambda x, w, b: torch.nn.functional.linear(x, w, b))

    @pytest.mark.parametrize("divisor", [127, 127.5, 128])
    def test_attention(self, divisor: float) -> None:
        def weights(q: Any, k: Any) -> Any:
            scores = through_codes(q, -1, divisor) @ through_codes(k, -1, divisor).mT
            return (scores / q.shape[-1] ** 0.5).softmax(-1)

        def quantised_too(q: Any, k: Any, v: Any) -> Any:
            return through_codes(weights(q, k), -1, divisor) @ through_codes(v, -2, divisor)

        assert judged("attention_w8a8", lambda q, k, v: weights(q, k) @ through_codes(v, -1, divisor))
        assert judged("attention_w8a8", quantised_too) == (divisor != 127.5)
        assert not judged("attention_w8a8", lambda q, k, v: weights(q, k) @ v)
        assert not judged("attention_w8a8", lambda q, k, v: weights(q, k) @ through_codes(v, -2, divisor))
        assert not judged("attention_w8a8", lambda q, k, v: (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1) @ v)

    def test_layer_norm(self) -> None:
        import torch

        norm = torch.nn.functional.layer_norm
        assert judged("layernorm_w8a8", lambda x, shape, w, b: through_codes(norm(x, shape, w, b), -1, 128))
        assert judged("layernorm_w8a8", lambda x, shape, w, b: through_codes(norm(x, shape), -1, 127) * w + b)
        assert not judged("layernorm_w8a8", lambda x, shape, w, b: norm(x, shape, w, b))
        assert not judged("layernorm_w8a8", lambda x, shape, w, b: through_codes(norm(x, shape, w, b), (-2, -1), 127))
        assert not judged("layernorm_w8a8", lambda x, shape, w, b: norm(through_codes(x, -1, 127), shape, w, b))

    def test_gelu(self) -> None:
        import torch

        def converted(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
            return lambda x: convert(torch.nn.functional.gelu(x.float()))

        assert judged("gelu_int8", converted(torch.trunc))
        assert judged("gelu_int8", converted(torch.round))
        assert not judged("gelu_int8", converted(torch.floor))
        assert not judged("gelu_int8", lambda x: (torch.nn.functional.gelu(x / 127) * 127).round())
