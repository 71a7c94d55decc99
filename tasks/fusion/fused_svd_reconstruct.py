"""A matrix decomposed into singular values and vectors and multiplied together again.

The exact result is A itself: no value tells a kernel that decomposes from one that copies.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.strategies import choice, tensors
from pytest_kernelbench.strategies.linalg import LINALG, rectangles


def reference(A):
    import torch

    u, s, vh = torch.linalg.svd(A, full_matrices=False)
    return (u * s) @ vh


def claims(arguments, outputs):
    yield "U S V^H = A", outputs[0] - arguments["A"], arguments["A"]


def cases(draw, given):
    shape = draw(rectangles(given))[-2:]
    return Case(A=draw(tensors(given, shape, fill=draw(choice(None, None, "graded(100)")))))


def matrix(rows, columns, fill="normal"):
    """Return the case of one matrix."""
    return Case(A=Tensor((rows, columns), fill=fill))


task = Task(
    reference,
    cases,
    spine=(
        matrix(6, 4),
        matrix(1, 1),
        matrix(5, 5),
        matrix(4, 9),
        matrix(7, 1),
        matrix(1, 17),
        matrix(16, 16),
        matrix(17, 12),
        matrix(65, 5),
        matrix(3, 129),
        matrix(1030, 4),
        matrix(12, 8, "graded(100)"),
        matrix(6, 6, "constant(1)"),
    ),
    dtypes=("float32", "float64"),
    contract=LINALG,
    compare="claims",
    claims=claims,
    accumulation=lambda case: max(case.A.shape),
    workloads={"weights_1k": matrix(1024, 1024)},
)
