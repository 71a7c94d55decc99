"""Eigenvalues and eigenvectors of diagonalizable matrices, A V = V diag(L), in any order."""

from __future__ import annotations

from functools import partial

from pytest_kernelbench import Case, Contract
from pytest_kernelbench.authoring.families.matrices import decomposition, square_matrices
from pytest_kernelbench.authoring.strategies import choice, tensors
from pytest_kernelbench.authoring.strategies.linalg import LINALG, squares

matrices = partial(square_matrices, fill="normal")

RANK_MARGIN = 1e-3
"""Smallest ratio of the least singular value to that of PyTorch's eigenvectors; with an eigenvector twice it is 0."""


def reference(A):
    import torch

    return tuple(torch.linalg.eig(A))


def properties(arguments, outputs):
    import torch

    values, vectors = outputs
    A = arguments["A"].to(vectors.dtype)
    yield "A V = V diag(L)", A @ vectors - vectors * values.unsqueeze(-2), A.abs() @ vectors.abs()
    lengths = vectors.norm(dim=-2, keepdim=True)
    yield "the columns of V have the norm 1", lengths - 1, torch.ones_like(lengths)
    least = torch.linalg.svdvals(torch.linalg.eig(A).eigenvectors)[..., -1]
    found = torch.linalg.svdvals(vectors)[..., -1]
    yield "the columns of V are linearly independent", torch.clamp(RANK_MARGIN * least - found, min=0), None


def cases(draw, given):
    fill = draw(choice(None, "diagonalizable", "symmetric", "hermitian"))
    return Case(A=draw(tensors(given, draw(squares(given, 1, 20)), fill=fill)))


task = decomposition(
    reference,
    cases,
    (
        matrices(4),
        matrices(1),
        matrices(2, fill="diagonalizable"),
        matrices(5, 3),
        matrices(3, 7, fill="diagonalizable"),
        matrices(2, 2, 5),
        matrices(8, fill="hermitian"),
        matrices(6, fill="symmetric(0)"),
        matrices(16),
        matrices(17, fill="diagonalizable"),
        matrices(33),
        matrices(1030, 2),
    ),
    properties,
    # Other fills may give matrices without a basis of eigenvectors.
    contract=Contract(
        layouts=LINALG.layouts, values=("normal(0, 0.01)", "normal(0, 30)", "outliers"), nan=False, inf=False
    ),
    accumulation=lambda case: case.A.shape[-1],
    workloads={
        "stability_of_512_states": matrices(512),
        "batch_of_256": matrices(256, 32),
    },
    aliases=("linalg_eig",),
)
