"""Matrix power A^k for a real or complex exponent k: V diag(L^k) V^-1 of its eigenvalues L and eigenvectors V.

As documented, matrices are general; the shipped reference assumes that they are Hermitian, and scales the wrong
dimension of batches. The power of a real matrix with a real exponent is real and has its dtype: the cases have such
powers.
"""

from __future__ import annotations

from pytest_kernelbench import Case
from pytest_kernelbench.authoring.families.matrices import decomposition, square_matrices
from pytest_kernelbench.authoring.strategies import choice, tensors
from pytest_kernelbench.authoring.strategies.linalg import squares

POWERS = (2, 3.0, 0.5, -1.0, 0.0, 1.0, -0.5, 2.5, 1 / 3, 0.5 + 0.5j, -1j)
"""Exponents of matrices whose eigenvalues have positive real parts."""


def reference(A, k, *, out=None):
    import torch

    values, vectors = torch.linalg.eig(A)
    power = torch.linalg.solve(vectors, vectors * values.pow(k).unsqueeze(-2), left=False)
    return power if A.is_complex() or isinstance(k, complex) else power.real


def properties(arguments, outputs):
    import torch

    A, k, (power,) = arguments["A"], arguments["k"], outputs
    values, vectors = torch.linalg.eig(A)
    scale = (vectors.abs() * values.pow(k).abs().unsqueeze(-2)) @ vectors.inverse().abs()
    yield "the result is V diag(L^k) V^-1", power - reference(A, k), scale


def cases(draw, given):
    fill, powers = draw(choice(("diagonalizable", POWERS), ("positive_definite", POWERS), ("hermitian", (1.0, 2, 3.0))))
    return Case(A=draw(tensors(given, draw(squares(given, 1, 20)), fill=fill)), k=draw(choice(*powers)))


def power(k, *shape, fill="diagonalizable"):
    """Return the case of the power k of square matrices of which the last size is given once."""
    return square_matrices(*shape, fill=fill, k=k)


task = decomposition(
    reference,
    cases,
    (
        power(2.0, 4, fill="positive_definite"),
        power(0.5, 1),
        power(2.0, 5),
        power(0.5, 3, 4),
        power(-1.0, 2, 2, 3),
        power(3.0, 6, fill="hermitian"),
        power(-0.5, 8, fill="positive_definite"),
        power(0.0, 3),
        power(0.5 + 0.5j, 5),
        power(2.5, 4, 2, fill="positive_definite"),
        power(1 / 3, 17),
        power(2.0, 24),
        power(0.5, 1030, 2),
    ),
    properties,
    accumulation=lambda case: case.A.shape[-1],
    workloads={"shampoo_inverse_roots": power(-0.25, 16, 256, fill="positive_definite")},
)
