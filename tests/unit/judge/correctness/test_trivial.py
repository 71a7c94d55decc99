"""Cases that need no launch, and tasks that only move elements, by what the evidence shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.judge.correctness.trivial import needs_no_launch, only_moves
from tests.support.judging import evidence_of

PLAIN = Case(x=Tensor((4, 5)))


@pytest.mark.parametrize(
    ("reference", "case", "needless"),
    [
        (lambda x: x.sin(), PLAIN, False),
        (lambda x: x.clone(), PLAIN, True),
        (lambda x: x.sum() * 0 + 1, PLAIN, True),
        (lambda x: x.sum() * 0 + 3, PLAIN, False),
        (lambda x: x * 0 + 3, PLAIN, True),
        (lambda x: x.sin(), Case(x=Tensor((0, 5))), True),
        (lambda x: x.sin(), Case(x=Tensor(())), True),
        (lambda x: x.sum(), PLAIN, False),
        (lambda x: x.t().contiguous(), PLAIN, False),
        (lambda x: (x.clone(), x.sin()), PLAIN, False),
        (lambda x: x.sin(), Case(x=Tensor((3,), fill="nan")), False),
        (lambda x: x * float("nan"), PLAIN, True),
    ],
)
def test_a_launch_is_needed_where_the_result_is_new(reference: Callable[..., Any], case: Case, needless: bool) -> None:
    assert needs_no_launch(evidence_of(reference, case)) == needless


@pytest.mark.parametrize(
    ("reference", "moves"),
    [
        (lambda x: x.t().contiguous(), True),
        (lambda x: x.flip(0), True),
        (lambda x: x.half(), True),
        (lambda x: x.reshape(-1).sort()[0], True),
        (lambda x: (x.t().contiguous(), x.argmax(1)), False),
        (lambda x: x.abs(), False),
        (lambda x: x[:2].clone(), False),
    ],
)
def test_elements_that_only_move(reference: Callable[..., Any], moves: bool) -> None:
    assert only_moves(evidence_of(reference, PLAIN)) == moves


def test_complex_numbers_move_too() -> None:
    case = Case(x=Tensor((4, 5), "complex64"))
    assert only_moves(evidence_of(lambda x: x.t().contiguous(), case))
    assert not only_moves(evidence_of(lambda x: x.abs(), case))


@pytest.mark.parametrize("inplace", [False, True])
def test_an_argument_that_is_not_updated_is_no_result(inplace: bool) -> None:
    def reference(x: Any, inplace: bool) -> Any:
        return x.relu_() if inplace else x.relu()

    assert not only_moves(evidence_of(reference, Case(x=Tensor((4, 5)), inplace=inplace), mutates=("x",)))
