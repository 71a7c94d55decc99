"""Edits of contents: few elements change, judge and runner agree on them, and the contents stay what they are."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.model.case import LAYOUTS
from pytest_kernelbench.runner.editing import Editor
from pytest_kernelbench.wire.edits import can_edit
from pytest_kernelbench.wire.materialize import materialize

NUMBERS = (2, 3, 10**18, *range(1000, 1040))


def contents(recipe: Tensor, edited: int = 0) -> torch.Tensor:
    value = materialize(Case(x=dataclasses.replace(recipe, edited=edited))).values["x"]
    assert isinstance(value, torch.Tensor)
    return value


ONE = [
    Tensor((7, 5)), Tensor((7, 5), "bfloat16"), Tensor((), "float64"), Tensor((9,), "float32", "normal(1000, 0.1)"),
    Tensor((4, 4), "complex64"), Tensor((6,), "int8"), Tensor((6,), "uint8"), Tensor((8,), "int64", "integers(0, 2)"),
    Tensor((3, 3), "float16", "uniform(-2, 3)"), Tensor((12,), "int32", "uniform(0, 1)"), Tensor((8,), "bool"),
    Tensor((8,), "float32", "bernoulli(0.3)"), Tensor((8,), "float32", "signs"), Tensor((3, 4, 4), fill="nonsingular"),
    Tensor((2, 5, 5), fill="positive_definite"), Tensor((4, 4), fill="lower"), Tensor((4, 4), "complex128", "upper"),
]  # fmt: skip
"""Recipes of which an edit changes one element."""


@pytest.mark.parametrize("recipe", ONE, ids=str)
def test_one_element_changes(recipe: Tensor) -> None:
    before = contents(recipe)
    edited = [contents(recipe, number) for number in NUMBERS]
    assert {int((each != before).sum()) for each in edited} == {1}
    assert before.numel() == 1 or len({int((each != before).reshape(-1).int().argmax()) for each in edited}) > 1


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("recipe", [Tensor((4, 3, 3)), Tensor((4, 3, 3), fill="symmetric"), Tensor((5, 4, 2), "int16")])
def test_the_runner_makes_the_same_changes_and_takes_them_back(recipe: Tensor, layout: str) -> None:
    recipe = dataclasses.replace(recipe, layout=layout)
    arguments = materialize(Case(x=recipe))
    before, editor = arguments.tensors[0].snapshot(), Editor(arguments)
    version = arguments.values["x"]._version
    for number in NUMBERS:
        editor.edit(number)
        assert torch.equal(arguments.values["x"], contents(recipe, number))
        case = Case(x=dataclasses.replace(recipe, edited=number))
        assert arguments.tensors[0].snapshot() == materialize(case).tensors[0].snapshot()
    editor.edit(0)
    assert arguments.tensors[0].snapshot() == before
    assert arguments.values["x"]._version == version


def test_values_stay_in_their_range() -> None:
    for number in NUMBERS:
        assert int(contents(Tensor((5,), "int64", "integers(0, 3)"), number).min()) >= 0
        assert int(contents(Tensor((5,), "int64", "integers(0, 3)"), number).max()) < 3
        assert float(contents(Tensor((5,), fill="uniform(-2, 3)"), number).min()) >= -2
        assert float(contents(Tensor((5,), fill="uniform(-2, 3)"), number).max()) <= 3


def test_matrices_stay_what_they_are() -> None:
    for number in NUMBERS:
        symmetric = contents(Tensor((2, 6, 6), fill="symmetric(0)"), number)
        assert torch.equal(symmetric, symmetric.mT)
        assert not symmetric.diagonal(dim1=1, dim2=2).any()
        hermitian = contents(Tensor((6, 6), "complex64", "hermitian"), number)
        assert torch.equal(hermitian, hermitian.mH)
        definite = contents(Tensor((6, 6), "float64", "positive_definite"), number)
        assert float(torch.linalg.eigvalsh(definite).min()) >= 0.999
        assert float(torch.linalg.svdvals(contents(Tensor((6, 6), fill="nonsingular"), number)).min()) > 0.2
        lower = contents(Tensor((6, 6), fill="lower"), number)
        assert torch.equal(lower, lower.tril())
        assert 1 <= float(lower.diagonal().min()) <= float(lower.diagonal().max()) <= 2
        graded = [torch.linalg.svdvals(contents(Tensor((6, 4), fill="graded(100)"), each)) for each in (0, number)]
        torch.testing.assert_close(*graded)
        rows = contents(Tensor((3, 8), "float64", "log_probabilities(-1)"), number).exp().sum(-1)
        torch.testing.assert_close(rows, torch.ones_like(rows))
        distinct = contents(Tensor((20,), fill="distinct"), number)
        assert len(distinct.unique()) == 20


def test_what_cannot_be_edited_is_left() -> None:
    for recipe in (Tensor((0, 3)), Tensor((3,), fill="constant(1)"), Tensor((3,), fill="bernoulli(1)"),
                   Tensor((3,), fill="integers(4, 5)"), Tensor((3, 3), fill="diagonalizable")):  # fmt: skip
        assert torch.equal(contents(recipe), contents(recipe, 77))
    assert not can_edit(Case(x=Tensor((0, 3)), n=3, y=Tensor((3,), fill="constant(1)")))
    assert can_edit(Case(x=[Tensor((0, 3)), Tensor((1,))]))
