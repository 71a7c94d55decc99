"""QR decomposition of matrices of any shape, A = Q @ R; the mode `r` gives R and an empty Q.

`out` is written as documented; the shipped reference ignores it.
"""

from __future__ import annotations

from pytest_kernelbench import Case
from pytest_kernelbench.authoring.families.matrices import decomposition, matrices
from pytest_kernelbench.authoring.strategies import choice, tensors
from pytest_kernelbench.authoring.strategies.linalg import rectangles


def reference(A, mode="reduced", out=None):
    import torch

    return tuple(torch.linalg.qr(A, mode=mode))


def properties(arguments, outputs):
    import torch

    A, (Q, R) = arguments["A"], outputs
    yield "R is upper triangular", R.tril(-1), None
    if arguments.get("mode", "reduced") == "r":
        yield "R^H R = A^H A", R.mH @ R - A.mH @ A, A.mH.abs() @ A.abs()
    else:
        identity = torch.eye(Q.shape[-1], dtype=Q.dtype)
        yield "Q R = A", Q @ R - A, A
        yield "Q^H Q = I", Q.mH @ Q - identity, identity


def cases(draw, given):
    shape = draw(rectangles(given))
    fill = draw(choice(None, None, "graded(100)"))
    return Case(A=draw(tensors(given, shape, fill=fill)), mode=draw(choice("reduced", "complete", "r")))


task = decomposition(
    reference,
    cases,
    (
        matrices(8, 5),
        matrices(1, 1),
        matrices(6, 6, mode="complete"),
        matrices(4, 9),
        matrices(7, 3, mode="complete"),
        matrices(9, 4, mode="r"),
        matrices(3, 6, 4),
        matrices(2, 2, 3, 5, mode="complete"),
        matrices(129, 4),
        matrices(33, 17),
        matrices(12, 8, fill="graded(100)"),
        matrices(5, 4, fill="small_pivots(0)"),
        matrices(2, 4, 6, mode="r"),
        matrices(6, 3, fill="constant(1)"),
        matrices(1030, 4),
    ),
    properties,
    accumulation=lambda case: case.A.shape[-2],
    workloads={
        "tall_64k_by_128": matrices(65536, 128),
        "batch_of_1024": matrices(1024, 128, 64),
    },
)
