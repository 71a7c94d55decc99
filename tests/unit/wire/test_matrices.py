"""Every fill gives the same bytes in every process: with any number of threads, and on any code path of BLAS."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_kernelbench.model.case import FILLS
from pytest_kernelbench.wire import fills, matrices

DIGEST = """
import hashlib
from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.model.case import FILLS
from pytest_kernelbench.wire.materialize import materialize
given = {arguments}
total = hashlib.sha256()
for dtype in ("float64", "complex128"):
    for name in FILLS:
        for shape in ((65, 65), (2, 9, 9), (130, 70)):
            if shape[-1] == shape[-2] or name in ("graded", "dominant", "small_pivots", "normal", "log_probabilities"):
                (made,) = materialize(Case(x=Tensor(shape, dtype, name + given.get(name, "")))).tensors
                total.update(made.snapshot())
print(total.hexdigest())
"""

ARGUMENTS = {
    "normal": "(1000, 0.1)", "uniform": "(-1, 3)", "integers": "(-3, 4)", "constant": "(2)", "bernoulli": "(0.3)",
    "log_probabilities": "(-1)", "graded": "(100)", "small_pivots": "(0)",
}  # fmt: skip

LIBRARIES = {"dot", "einsum", "fft", "inner", "inv", "linalg", "matmul", "outer", "qr", "svd", "tensordot", "vdot"}
"""Names of functions that use BLAS, LAPACK or other libraries with code paths and threads of their own."""


def digest(**environment: str) -> str:
    code = DIGEST.replace("{arguments}", repr(ARGUMENTS))
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_the_bytes_do_not_depend_on_threads_or_on_blas() -> None:
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    many = dict.fromkeys(one, "4") | {"OPENBLAS_CORETYPE": "Nehalem", "MKL_CBWR": "COMPATIBLE"}
    assert digest(**one) == digest(**many)


@pytest.mark.parametrize("module", [fills, matrices], ids=["fills", "matrices"])
def test_no_fill_uses_a_library_of_linear_algebra(module) -> None:
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not used & LIBRARIES
    assert not any(isinstance(node, ast.MatMult) for node in ast.walk(tree))


def test_every_fill_has_a_definition() -> None:
    assert set(FILLS) == {*fills._VALUES, *matrices.MATRICES, "denormals", "lowest", "highest", "wide"}
    assert not set(fills._VALUES) & set(matrices.MATRICES)


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_matrices_are_full_and_need_row_exchanges(dtype: str) -> None:
    import torch

    from pytest_kernelbench import Case, Tensor
    from pytest_kernelbench.wire.materialize import materialize

    for size in (3, 33, 130):
        made = materialize(Case(A=Tensor((2, size, size), dtype, "nonsingular"))).values["A"]
        assert (made.abs() > 1e-12).double().mean() > 0.99
        assert (made[0] - made[1]).abs().max() > 0.1
        assert made.abs().median() > 0.1 * made.abs().max() / size
        pivots = torch.linalg.lu_factor(made[0]).pivots
        assert (pivots != torch.arange(1, size + 1)).any()
        if made.is_complex():
            assert made.imag.abs().mean() > 0.5 * made.real.abs().mean()
