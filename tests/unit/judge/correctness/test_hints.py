"""Cases of the sizes that a kernel's file compares with."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.judge.correctness import hints
from pytest_kernelbench.judge.correctness.trial import Finding
from pytest_kernelbench.model.case import leaves

BASES = [
    Case(x=Tensor(()), dim=0),
    Case(x=Tensor((33, 2)), dim=-1),
    Case(x=Tensor((4, 5, 60)), dim=-1),
    Case(x=Tensor((6, 40)), dim=-1),
]

BRANCH = """def work(x):
    if x.shape[-1] > 8192:
        return long(x)
    return short(x)
"""

CAP = "def work(x):\n    return kernel(min(x.shape[-1], 16384))\n"


class FakeTrial:
    """A kernel that runs the branch of long rows, and is wrong there where it is asked to be."""

    timeout = 240.0
    allowance: float | None = None
    deadline = 0.0

    def __init__(self, code: str, ran: set[int], *, wrong: str | None = None) -> None:
        self.kernel = SimpleNamespace(text=lambda: code)
        self.ran, self.wrong = ran, wrong
        self.called: list[Case] = []
        self.launched: dict[Case, bool] = {}

    def evidence(self, case: Case) -> None:
        """Accept every case."""

    def run(self, case: Case) -> None:
        self.called.append(case)
        if self.row(case) > 8192:
            self.ran.add(3)
            if self.wrong:
                raise Finding(self.wrong, "no", case)

    @staticmethod
    def row(case: Case) -> int:
        return next(recipe.shape[-1] for _, recipe in leaves(case))


def run(trial: FakeTrial) -> None:
    hints.sizes(cast(Any, trial), BASES)


def test_a_branch_that_was_not_taken_is_taken_just_above_and_at_its_size() -> None:
    trial = FakeTrial(BRANCH, {1, 2, 4})
    run(trial)
    # The case with the fewest elements of which the last dimension is made longer.
    assert [case.x.shape for case in trial.called] == [(6, 8193), (6, 8192)]


def test_a_branch_that_was_taken_needs_no_case() -> None:
    trial = FakeTrial(BRANCH, {1, 2, 3, 4})
    run(trial)
    assert trial.called == []


def test_a_branch_that_refuses_is_left_alone() -> None:
    trial = FakeTrial(BRANCH.replace("return long(x)", "raise ValueError('too long')"), {1, 2, 4})
    run(trial)
    assert trial.called == []


def test_sizes_that_min_caps_are_tried() -> None:
    trial = FakeTrial(CAP, {1, 2})
    run(trial)
    assert [FakeTrial.row(case) for case in trial.called] == [16385]


def test_only_wrong_results_count() -> None:
    run(FakeTrial(BRANCH, {1, 2, 4}, wrong="runtime_error"))
    run(FakeTrial(BRANCH, {1, 2, 4}, wrong="timeout"))
    with pytest.raises(Finding, match="at a size beside 8192, which the file compares with:\nno"):
        run(FakeTrial(BRANCH, {1, 2, 4}, wrong="wrong_values"))


def test_sizes_in_fills_and_shapes_grow_too() -> None:
    case = Case(x=Tensor((3, 7)), at=Tensor((7,), "int64", "integers(0, 7)"), shape=(7,))
    plain, shaped = hints._longer(case, 7, 9)
    assert plain == Case(x=Tensor((3, 9)), at=Tensor((9,), "int64", "integers(0, 9)"), shape=(7,))
    assert shaped.arguments["shape"] == (9,)
