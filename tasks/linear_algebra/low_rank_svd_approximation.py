"""Best approximation of rank k to matrices of any shape: U[:, :k] @ diag(S[:k]) @ V^H[:k] of their SVD.

It is unique where the singular values k and k + 1 differ, as all of them do in the cases. `full_matrices` changes the
decomposition and not the result.

Complex matrices are as documented; the shipped reference multiplies them by real ones, which fails.
"""

from __future__ import annotations

from pytest_kernelbench import Case
from pytest_kernelbench.authoring.families.matrices import decomposition, matrices
from pytest_kernelbench.authoring.strategies import booleans, integers, tensors
from pytest_kernelbench.authoring.strategies.linalg import rectangles

GRADED = "graded(100)"
"""Singular values from 1 to 1/100 in equal ratios."""


def reference(A, k, *, full_matrices=True, out=None):
    import torch

    u, s, vh = torch.linalg.svd(A, full_matrices=full_matrices)
    return (u[..., :k] * s[..., None, :k]) @ vh[..., :k, :]


def properties(arguments, outputs):
    A = arguments["A"]
    yield "no matrix of rank k is nearer to A", outputs[0] - reference(A, arguments["k"], full_matrices=False), A


def cases(draw, given):
    shape = draw(rectangles(given))
    rank = draw(integers(1, min(shape[-2:])))
    return Case(A=draw(tensors(given, shape, fill=GRADED)), k=rank, full_matrices=draw(booleans()))


def graded(*shape, k, **options):
    """Return the case of rank k of matrices of this shape."""
    return matrices(*shape, fill=GRADED, k=k, **options)


task = decomposition(
    reference,
    cases,
    (
        graded(8, 5, k=2),
        graded(1, 1, k=1),
        graded(6, 6, k=3),
        graded(4, 9, k=1, full_matrices=False),
        graded(3, 5, 4, k=2),
        graded(2, 2, 4, 6, k=4),
        graded(7, 1, k=1),
        graded(1, 17, k=1, full_matrices=False),
        graded(65, 4, k=3, full_matrices=False),
        graded(5, 129, k=2, full_matrices=False),
        graded(16, 16, k=15),
        graded(17, 12, k=6),
        graded(4, 1030, k=2, full_matrices=False),
    ),
    properties,
    accumulation=lambda case: max(case.A.shape[-2:]),
    workloads={
        "image_1k": graded(1024, 1024, k=64, full_matrices=False),
        "batch_of_256": graded(256, 128, 64, k=8, full_matrices=False),
    },
)
