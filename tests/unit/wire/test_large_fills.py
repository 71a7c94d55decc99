"""Large tensors: the distributions are those of small ones, and judge and runner draw the same bytes."""

from __future__ import annotations

import pytest
import torch

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.model.case import Tensor as Recipe
from pytest_kernelbench.wire import large_fills
from pytest_kernelbench.wire.large_fills import drawn
from pytest_kernelbench.wire.materialize import materialize, refill

COUNT = (1 << 16) + 5


@pytest.fixture(autouse=True)
def _low_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_fills, "LARGE", 1 << 12)
    monkeypatch.setattr(large_fills, "BLOCK", 1 << 10)


def contents(recipe: Recipe) -> torch.Tensor:
    """Return the contents as they are drawn for the argument `x`."""
    found = drawn("x", recipe)
    assert found is not None
    return found


@pytest.mark.parametrize("dtype", large_fills.FLOATS)
@pytest.mark.parametrize(
    ("fill", "mean", "deviation"),
    [("normal", 0, 1), ("normal(3, 0.5)", 3, 0.5), ("uniform(-1, 3)", 1, 4 / 12**0.5), ("bernoulli(0.25)", 0.25, 0.433),
     ("integers(-2, 3)", 0, 2**0.5)],
)  # fmt: skip
def test_distributions(dtype: str, fill: str, mean: float, deviation: float) -> None:
    found = contents(Tensor((COUNT,), dtype, fill)).double()
    assert float(found.mean()) == pytest.approx(mean, abs=0.03)
    assert float(found.std()) == pytest.approx(deviation, rel=0.02)
    if fill.startswith("uniform"):
        assert -1 <= float(found.min()) < -0.99
        assert 2.99 < float(found.max()) <= 3
    if fill.startswith("integers"):
        assert found.unique().tolist() == [-2, -1, 0, 1, 2]


def test_blocks_differ_and_so_do_arguments_and_seeds() -> None:
    found = contents(Tensor((1 << 12,)))
    assert found.unique().numel() > 4000
    assert not torch.equal(found, contents(Tensor((1 << 12,), seed=1)))
    other = drawn("y", Tensor((1 << 12,)))
    assert other is not None
    assert not torch.equal(found, other)


def test_the_same_bytes_with_any_number_of_threads() -> None:
    before, found = torch.get_num_threads(), []
    for threads in (1, 3):
        torch.set_num_threads(threads)
        found.append(contents(Tensor((COUNT,), "bfloat16", "uniform(0, 1)")))
    torch.set_num_threads(before)
    assert torch.equal(*found)


@pytest.mark.parametrize("dtype", ["int64", "int32"])
def test_indices(dtype: str) -> None:
    found = contents(Tensor((COUNT,), dtype, "integers(0, 7)"))
    assert found.unique().tolist() == [*range(7)]
    assert found.dtype is getattr(torch, dtype)


@pytest.mark.parametrize(
    "recipe",
    [Tensor((8,)), Tensor((COUNT,), "int8"), Tensor((COUNT,), "int64", "normal"), Tensor((COUNT,), "complex64"),
     Tensor((COUNT,), fill="outliers"), Tensor((COUNT,), "bool", "uniform(0, 1)")],
)  # fmt: skip
def test_other_tensors_are_drawn_as_ever(recipe: Recipe) -> None:
    assert drawn("x", recipe) is None


@pytest.mark.parametrize("fill", ["normal", "uniform(0, 1)", "integers(0, 1000)"])
def test_an_element_that_is_drawn_again(fill: str) -> None:
    recipe = Tensor((1 << 12,), fill=fill)
    differ = contents(recipe) != contents(Tensor(recipe.shape, fill=fill, edited=True))
    assert int(differ.sum()) == 1
    assert 1 << 10 <= int(differ.nonzero()) < 3 << 10


def test_tensors_of_a_case_are_made_of_them() -> None:
    recipe = Tensor((64, 65), "float16", layout="transposed")
    found = materialize(Case(x=recipe)).values["x"]
    assert found.stride() == (1, 64)
    assert torch.equal(found.reshape(-1), contents(recipe))
    edited = materialize(Case(x=Tensor((64, 65), "float16", layout="transposed", edited=77))).values["x"]
    assert int((edited != found).sum()) == 1


def test_the_generator_is_that_of_a_device() -> None:
    recipe = Tensor((64, 65))
    case, again = (Case(x=Tensor((64, 65), seed=seed)) for seed in (0, 1))
    made = materialize(case, drawn_on="cpu")
    assert (made.drawn_on, materialize(case).drawn_on) == ("cpu", None)
    there = drawn("x", recipe, "cpu")
    assert there is not None
    assert torch.equal(made.values["x"].reshape(-1), there)
    refill(made, again)
    assert torch.equal(made.values["x"], materialize(again).values["x"])
