"""Eigenvalues and eigenvectors of square matrices that are diagonalizable, in no specific order."""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.strategies import choice, tensors
from pytest_kernelbench.strategies.linalg import LINALG, LINALG_DTYPES, squares

RANK_MARGIN = 1e-3
"""Least share of the smallest singular value that PyTorch's eigenvectors have; with one of them twice it is zero."""


def reference(A):
    import torch

    return tuple(torch.linalg.eig(A))


def claims(arguments, outputs):
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


def matrices(*shape, fill="normal"):
    """Return the case of matrices of which the last size is given."""
    return Case(A=Tensor((*shape, shape[-1]), fill=fill))


task = Task(
    reference,
    cases,
    spine=(
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
    dtypes=LINALG_DTYPES,
    # Other fills make matrices that may lack a basis of eigenvectors.
    contract=Contract(
        layouts=LINALG.layouts, values=("normal(0, 0.01)", "normal(0, 30)", "outliers"), nan=False, inf=False
    ),
    compare="claims",
    claims=claims,
    accumulation=lambda case: case.A.shape[-1],
    workloads={
        "stability_of_512_states": matrices(512),
        "batch_of_256": matrices(256, 32),
    },
)
