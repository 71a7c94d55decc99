"""U diag(S) V^H of the singular value decomposition of a matrix A.

The exact result is A itself: values cannot distinguish a kernel that decomposes from one that copies.
"""

from __future__ import annotations

from pytest_kernelbench import Case
from pytest_kernelbench.authoring.families.matrices import decomposition, matrices
from pytest_kernelbench.authoring.strategies import choice, tensors
from pytest_kernelbench.authoring.strategies.linalg import rectangles


def reference(A):
    import torch

    u, s, vh = torch.linalg.svd(A, full_matrices=False)
    return (u * s) @ vh


def properties(arguments, outputs):
    yield "U S V^H = A", outputs[0] - arguments["A"], arguments["A"]


def cases(draw, given):
    shape = draw(rectangles(given))[-2:]
    return Case(A=draw(tensors(given, shape, fill=draw(choice(None, None, "graded(100)")))))


task = decomposition(
    reference,
    cases,
    (
        matrices(6, 4),
        matrices(1, 1),
        matrices(5, 5),
        matrices(4, 9),
        matrices(7, 1),
        matrices(1, 17),
        matrices(16, 16),
        matrices(17, 12),
        matrices(65, 5),
        matrices(3, 129),
        matrices(1030, 4),
        matrices(12, 8, fill="graded(100)"),
        matrices(6, 6, fill="constant(1)"),
    ),
    properties,
    dtypes=("float32", "float64"),
    accumulation=lambda case: max(case.A.shape),
    workloads={"weights_1k": matrices(1024, 1024)},
)
