"""Singular value decomposition of matrices of any shape, A = U @ diag(S) @ V^H, with S in descending order."""

from __future__ import annotations

from pytest_kernelbench import Case
from pytest_kernelbench.authoring.families.matrices import decomposition, matrices
from pytest_kernelbench.authoring.strategies import booleans, choice, tensors
from pytest_kernelbench.authoring.strategies.linalg import rectangles


def reference(A, full_matrices=True):
    import torch

    return tuple(torch.linalg.svd(A, full_matrices=full_matrices))


def properties(arguments, outputs):
    import torch

    A, (U, S, Vh) = arguments["A"], outputs
    rank = S.shape[-1]
    left, right = (torch.eye(size, dtype=U.dtype) for size in (U.shape[-1], Vh.shape[-2]))
    yield "U S V^H = A", (U[..., :rank] * S.unsqueeze(-2)) @ Vh[..., :rank, :] - A, A
    yield "U^H U = I", U.mH @ U - left, left
    yield "V^H V = I", Vh @ Vh.mH - right, right
    yield "no singular value is negative", torch.clamp(-S, min=0), None
    yield "the singular values descend", torch.clamp(S[..., 1:] - S[..., :-1], min=0), None


def cases(draw, given):
    shape = draw(rectangles(given))
    fill = draw(choice(None, None, "graded(100)", "nonsingular" if shape[-1] == shape[-2] else None))
    return Case(A=draw(tensors(given, shape, fill=fill)), full_matrices=draw(booleans()))


task = decomposition(
    reference,
    cases,
    (
        matrices(6, 4),
        matrices(1, 1),
        matrices(5, 5),
        matrices(4, 9, full_matrices=False),
        matrices(3, 7),
        matrices(3, 6, 4, full_matrices=False),
        matrices(2, 2, 3, 5),
        matrices(7, 1),
        matrices(65, 5, full_matrices=False),
        matrices(17, 12),
        matrices(12, 8, fill="graded(100)", full_matrices=False),
        matrices(16, 16, fill="nonsingular"),
        matrices(4, 1030, full_matrices=False),
    ),
    properties,
    accumulation=lambda case: max(case.A.shape[-2:]),
    workloads={
        "weights_1k": matrices(1024, 1024, full_matrices=False),
        "batch_of_512": matrices(512, 128, 32, full_matrices=False),
    },
    aliases=("linalg_svd",),
)
