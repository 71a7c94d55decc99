"""Outputs in pieces: verdict and text are those of the whole, whatever the size of a piece."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.judge.comparison import pieces as pieces_of
from pytest_kernelbench.judge.comparison.pieces import Scale, pieces
from pytest_kernelbench.judge.comparison.values import close, measure
from tests.support.judging import evidence_of

SIZES = (1, 7, 100, 599, 600, 1 << 20)


def softmax(x: Any) -> Any:
    return x.softmax(-1)


def spoiled(change: Callable[[torch.Tensor], object]) -> Callable[[torch.Tensor], torch.Tensor]:
    def spoil(result: torch.Tensor) -> torch.Tensor:
        result = result.clone()
        change(result.view(-1))
        return result

    return spoil


CHANGES: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "right": lambda result: result,
    "one element": spoiled(lambda flat: flat[433].mul_(1.5)),
    "several elements": spoiled(lambda flat: flat[::97].add_(0.1)),
    "the last one is the worst": spoiled(lambda flat: (flat[3].mul_(1.1), flat[599].add_(9.0))),
    "one NaN": spoiled(lambda flat: flat[250].fill_(float("nan"))),
    "equal errors": spoiled(lambda flat: (flat[10].fill_(float("inf")), flat[500].fill_(float("inf")))),
}


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("name", CHANGES)
def test_values(name: str, dtype: str) -> None:
    evidence = evidence_of(softmax, Case(x=Tensor((6, 100), dtype)))
    (expected,) = evidence.expected
    got = CHANGES[name](expected.eager)
    whole = close(expected, got, 100)
    assert (whole is None) == (name == "right"), name
    for size in SIZES:
        assert close(expected, got, 100, size) == whole


def test_many_small_errors() -> None:
    (expected,) = evidence_of(softmax, Case(x=Tensor((6, 100)))).expected
    got = (expected.exact + 1.9 * measure(expected, expected.eager, 100).unit).float()
    whole = close(expected, got, 100)
    assert whole is not None
    assert "all 600 elements together: rms" in whole.message
    assert [close(expected, got, 100, size) for size in SIZES] == [whole] * len(SIZES)


def test_the_part_of_an_error_that_truncated_inputs_explain() -> None:
    (expected,) = evidence_of(softmax, Case(x=Tensor((6, 100)))).expected
    truncated = replace(expected, truncation=torch.linspace(-1e-2, 1e-2, 600, dtype=torch.float64).view(6, 100))
    got = (expected.exact + truncated.truncation).float()
    assert close(expected, got, 100) is not None
    assert [close(truncated, got, 100, size) for size in SIZES] == [None] * len(SIZES)
    whole = close(truncated, (expected.exact - truncated.truncation).float(), 100)
    assert whole is not None
    assert close(truncated, (expected.exact - truncated.truncation).float(), 100, 7) == whole


def test_exact_values() -> None:
    evidence = evidence_of(lambda x: x.argsort(-1), Case(x=Tensor((6, 100))))
    (expected,) = evidence.expected
    for change in (lambda flat: flat, lambda flat: flat[401].add_(1), lambda flat: flat[[9, 590]].add_(1)):
        got = spoiled(change)(expected.eager)
        whole = close(expected, got, 1)
        assert [close(expected, got, 1, size) for size in SIZES] == [whole] * len(SIZES)


def test_values_that_are_not_finite_and_complex() -> None:
    for fill, dtype in (("nan", "float32"), ("inf", "float16"), ("normal", "complex64")):
        evidence = evidence_of(lambda x: x * 3.7, Case(x=Tensor((6, 100), dtype, fill)))
        (expected,) = evidence.expected
        for size in SIZES:
            assert close(expected, expected.eager, 1, size) is None
            assert close(expected, torch.zeros_like(expected.eager), 1, size) == close(
                expected, torch.zeros_like(expected.eager), 1
            )


def test_the_parts_are_the_whole() -> None:
    (expected,) = evidence_of(softmax, Case(x=Tensor((6, 100)))).expected
    found = [*pieces(expected, expected.eager, 70)]
    assert [piece.start for piece in found] == [*range(0, 600, 70)]
    assert torch.equal(torch.cat([piece.got for piece in found]), expected.eager.reshape(-1))
    assert torch.equal(torch.cat([piece.expected.exact for piece in found]), expected.exact.reshape(-1))
    ((start, same, got),) = pieces(expected, expected.eager)
    assert (start, same, got) == (0, expected, expected.eager)


def test_a_median_of_many_elements_is_that_of_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    (expected,) = evidence_of(softmax, Case(x=Tensor((60, 100)))).expected
    whole = float(Scale.of(expected).relative)
    monkeypatch.setattr(pieces_of, "SAMPLE", 1000)
    sample = float(Scale.of(expected).relative)
    assert sample != whole
    assert sample == pytest.approx(whole, rel=0.1)


def test_a_device_that_is_not_the_cpu_needs_no_other_code() -> None:
    (expected,) = evidence_of(softmax, Case(x=Tensor((6, 100)))).expected
    moved = [tensor.to("meta") for tensor in (expected.exact, expected.eager)]
    assert {tensor.device.type for tensor in moved} == {"meta"}
    assert pieces_of.magnitudes(moved[0]).device.type == "meta"
    assert pieces_of.binades(pieces_of.magnitudes(moved[0])).device.type == "meta"
