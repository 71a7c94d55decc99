"""Fills: each name has a meaning in every dtype."""

from __future__ import annotations

import math

import pytest

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.model.case import FILLS, ITEMSIZE
from pytest_kernelbench.wire.materialize import materialize

ARGUMENTS = {
    "normal": "(1000, 0.1)", "uniform": "(-1, 3)", "integers": "(-3, 4)", "constant": "(2)", "bernoulli": "(0.3)",
    "log_probabilities": "(-1)", "graded": "(100)", "small_pivots": "(0)",
}  # fmt: skip
MATRICES = ("symmetric", "hermitian", "positive_definite", "nonsingular", "graded", "dominant", "small_pivots",
            "diagonalizable", "lower", "upper")  # fmt: skip
FLOATS = ("float64", "float32", "float16", "bfloat16")


def made(fill: str, shape: tuple[int, ...] = (40, 40), dtype: str = "float32", seed: int = 0):
    return materialize(Case(x=Tensor(shape, dtype, fill, seed=seed))).values["x"]


@pytest.mark.parametrize("dtype", sorted(ITEMSIZE))
@pytest.mark.parametrize("name", sorted(FILLS))
def test_every_fill_is_made_in_every_dtype(name: str, dtype: str) -> None:
    for shape in ((6, 6), (1, 1), (3, 1, 1), (0, 0)):
        tensor = made(name + ARGUMENTS.get(name, ""), shape, dtype)
        assert tuple(tensor.shape) == shape
        assert str(tensor.dtype) == f"torch.{dtype}"
    if name not in MATRICES:
        assert made(name + ARGUMENTS.get(name, ""), (), dtype).shape == ()
        assert made(name + ARGUMENTS.get(name, ""), (5,), dtype).shape == (5,)


@pytest.mark.parametrize("dtype", FLOATS)
def test_distributions(dtype: str) -> None:
    normal = made("normal", dtype=dtype).double()
    assert abs(normal.mean()) < 0.15
    assert abs(normal.std() - 1) < 0.1
    spread = made("normal(100, 2)", dtype=dtype).double()
    assert abs(spread.mean() - 100) < 1
    uniform = made("uniform(-1, 3)", dtype=dtype).double()
    assert uniform.min() >= -1
    assert uniform.max() <= 3
    assert abs(uniform.mean() - 1) < 0.15
    assert (made("constant(2.5)", dtype=dtype) == 2.5).all()
    assert (made("junk", dtype=dtype).isfinite()).all()


@pytest.mark.parametrize("dtype", FLOATS)
def test_special_values(dtype: str) -> None:
    import torch

    nan, inf, zeros = made("nan", dtype=dtype), made("inf", dtype=dtype), made("signed_zeros", dtype=dtype)
    assert nan.isnan().sum() == 50
    assert made("nan", (1,), dtype).isnan().all()
    assert inf.isinf().sum() == 50
    assert {-math.inf, math.inf} <= set(inf[inf.isinf()].tolist())
    empty = zeros == 0
    assert 0.6 < empty.double().mean() < 0.8
    assert 0.3 < torch.signbit(zeros[empty]).double().mean() < 0.7
    small = made("denormals", dtype=dtype)
    assert ((small == 0) | (small.abs() <= torch.finfo(dtype_of(dtype)).tiny)).all()
    assert (small != 0).double().mean() > 0.8
    assert made("outliers", dtype=dtype).double().abs().max() > 50


def dtype_of(name: str):
    import torch

    return getattr(torch, name)


@pytest.mark.parametrize("dtype", ["int64", "int32", "int16", "int8", "uint8"])
def test_integers_exclude_the_upper_end(dtype: str) -> None:
    assert set(made("integers(0, 4)", dtype=dtype).reshape(-1).tolist()) == {0, 1, 2, 3}
    made("normal(0, 30)", dtype=dtype)


def test_bools_and_masks() -> None:
    mask = made("bernoulli(0.25)", (100, 100), "bool")
    assert 0.2 < mask.double().mean() < 0.3
    assert made("bernoulli(1)", dtype="bool").all()
    assert not made("bernoulli(0)", dtype="bool").any()


def test_structure() -> None:
    import torch

    symmetric = made("symmetric", (3, 5, 5), "float64")
    assert torch.equal(symmetric, symmetric.mT)
    assert (torch.linalg.eigvalsh(made("positive_definite", (3, 5, 5), "float64")) >= 0.99).all()
    assert torch.linalg.cond(made("nonsingular", (3, 9, 9), "float64")).max() <= 4.001
    assert torch.allclose(made("log_probabilities(1)", (4, 7, 2), "float64").exp().sum(1), torch.ones(4, 2).double())
    distinct = made("distinct", (20, 30))
    assert len(set(distinct.reshape(-1).tolist())) == 600


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_matrices(dtype: str) -> None:
    import torch

    hermitian = made("hermitian", (3, 5, 5), dtype)
    assert torch.equal(hermitian, hermitian.mH)
    for name in ("hermitian(0)", "symmetric(0)"):
        matrix = made(name, (3, 5, 5), dtype)
        assert not matrix.diagonal(dim1=-2, dim2=-1).any()
        assert torch.linalg.matrix_rank(matrix).min() == 5
    symmetric = made("symmetric", (3, 5, 5), dtype)
    assert torch.equal(symmetric, symmetric.mT)
    definite = made("positive_definite", (3, 5, 5), dtype)
    assert (definite - definite.mH).abs().max() < 1e-14
    assert torch.linalg.eigvalsh(definite).min() > 0.99
    assert torch.linalg.cond(made("nonsingular", (3, 9, 9), dtype)).max() < 4.001
    for shape in ((9, 4), (2, 4, 9), (6, 6)):
        singular = torch.linalg.svdvals(made("graded(1000)", shape, dtype))
        steps = torch.linspace(0, -3, min(shape[-2:]), dtype=torch.float64)
        assert torch.allclose(singular, (10**steps).expand_as(singular))
    lower, upper = made("lower", (3, 5, 5), dtype), made("upper", (3, 5, 5), dtype)
    assert torch.equal(lower, lower.tril())
    assert torch.equal(upper, upper.triu())
    assert (lower.diagonal(dim1=-2, dim2=-1).real >= 1).all()
    assert max(torch.linalg.cond(value).max() for value in (lower, upper)) < 4


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_matrices_with_and_without_need_of_pivots(dtype: str) -> None:
    import torch

    for shape in ((3, 5, 5), (9, 4), (1, 1)):
        dominant = made("dominant", shape, dtype).abs()
        assert (2 * dominant.diagonal(dim1=-2, dim2=-1) > dominant.sum(-2)).all()
    zero = made("small_pivots(0)", (3, 5, 5), dtype)
    assert not zero[:, 0, 0].any()
    assert torch.linalg.cond(zero).max() < 20
    assert (made("small_pivots(1e-7)", (3, 5, 5), dtype)[:, 0, 0].real == 1e-7).all()
    assert made("small_pivots(0)", (1, 1), dtype).abs() >= 1


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
@pytest.mark.parametrize("size", [1, 2, 5, 16, 33])
def test_diagonalizable_matrices_have_distinct_eigenvalues(size: int, dtype: str) -> None:
    import torch

    values, vectors = torch.linalg.eig(made("diagonalizable", (size, size), dtype))
    assert values.real.min() > 0.49
    gaps = (values[:, None] - values[None, :]).abs() + torch.eye(size)
    assert gaps.min() > 0.7 / size
    assert torch.linalg.cond(vectors) < 20
    assert size < 2 or values.imag.abs().max() > 0.4


def test_complex_parts_are_drawn_apart() -> None:
    tensor = made("normal", dtype="complex64")
    assert abs((tensor.real * tensor.imag).mean()) < 0.1
    assert tensor.imag.std() > 0.9


def test_seeds_differ() -> None:
    assert not (made("normal") == made("normal", seed=1)).any()


@pytest.mark.parametrize("dtype", FLOATS)
def test_low_and_high_values_are_finite_and_at_the_ends_of_the_range(dtype: str) -> None:
    import torch

    largest = torch.finfo(dtype_of(dtype)).max
    low, high = made("lowest", dtype=dtype), made("highest", dtype=dtype)
    assert (low < -0.3 * largest).all()
    assert (high > 0.3 * largest).all()
    assert low.isfinite().all()
    assert high.isfinite().all()


@pytest.mark.parametrize(("dtype", "bits"), [("int64", 62), ("int32", 30), ("int16", 14), ("int8", 6)])
def test_wide_integers_need_their_whole_dtype(dtype: str, bits: int) -> None:
    wide = made("wide", dtype=dtype).long()
    assert ((wide.abs() - 2**bits).abs() <= 500).all()
    assert {-1, 1} == set(wide.sign().reshape(-1).tolist())
    assert len(set((wide % 2**8).reshape(-1).tolist())) > 50
    if dtype == "int64":
        assert (wide.double().long() != wide).double().mean() > 0.9


def test_the_logarithm_of_a_certain_outcome_is_zero() -> None:
    for seed in range(8):
        assert not made("log_probabilities(-1)", (5, 1), seed=seed).any()
