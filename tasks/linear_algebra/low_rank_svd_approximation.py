"""Best approximation of rank k to matrices of any shape, through their singular value decomposition.

It is unique where the singular values k and k + 1 differ; the cases have gaps between all of them. `full_matrices`
changes the decomposition and not the result.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.strategies import booleans, integers, tensors
from pytest_kernelbench.strategies.linalg import LINALG, LINALG_DTYPES, rectangles

GRADED = "graded(100)"
"""Singular values from 1 to 1/100 in equal ratios."""


def reference(A, k, *, full_matrices=True, out=None):
    import torch

    u, s, vh = torch.linalg.svd(A, full_matrices=full_matrices)
    return (u[..., :k] * s[..., None, :k]) @ vh[..., :k, :]


def claims(arguments, outputs):
    A = arguments["A"]
    yield "no matrix of rank k is nearer to A", outputs[0] - reference(A, arguments["k"], full_matrices=False), A


def cases(draw, given):
    shape = draw(rectangles(given))
    rank = draw(integers(1, min(shape[-2:])))
    return Case(A=draw(tensors(given, shape, fill=GRADED)), k=rank, full_matrices=draw(booleans()))


def matrices(*shape, k, **options):
    """Return the case of rank k of matrices of this shape."""
    return Case(A=Tensor(shape, fill=GRADED), k=k, **options)


task = Task(
    reference,
    cases,
    spine=(
        matrices(8, 5, k=2),
        matrices(1, 1, k=1),
        matrices(6, 6, k=3),
        matrices(4, 9, k=1, full_matrices=False),
        matrices(3, 5, 4, k=2),
        matrices(2, 2, 4, 6, k=4),
        matrices(7, 1, k=1),
        matrices(1, 17, k=1, full_matrices=False),
        matrices(65, 4, k=3, full_matrices=False),
        matrices(5, 129, k=2, full_matrices=False),
        matrices(16, 16, k=15),
        matrices(17, 12, k=6),
        matrices(4, 1030, k=2, full_matrices=False),
    ),
    dtypes=LINALG_DTYPES,
    contract=LINALG,
    compare="claims",
    claims=claims,
    accumulation=lambda case: max(case.A.shape[-2:]),
    workloads={
        "image_1k": matrices(1024, 1024, k=64, full_matrices=False),
        "batch_of_256": matrices(256, 128, 64, k=8, full_matrices=False),
    },
)
