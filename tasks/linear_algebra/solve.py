"""Solution X of A X = B for one right-hand side or several, judged by the residual A @ X - B.

The shipped test compares the text of an error; no error is tested here.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.matrices import linear_system
from pytest_kernelbench.authoring.strategies import choice, integers, tensors
from pytest_kernelbench.authoring.strategies.linalg import squares


def reference(A, B):
    import torch

    return torch.linalg.solve(A, B)


def cases(draw, given):
    shape = draw(squares(given, 1, 33))
    *batch, n, _ = shape
    right = {"vector": (*batch, n), "matrix": (*batch, n, draw(integers(1, 9)))}[draw(choice("matrix", "vector"))]
    fill = draw(choice("nonsingular", "small_pivots(0)", "small_pivots(1e-7)"))
    return Case(A=draw(tensors(given, shape, fill=fill)), B=draw(tensors(given, right)))


def system(left, right, fill="nonsingular"):
    """Return the case of batch dimensions and size of A, and the shape of B."""
    return Case(A=Tensor((*left, left[-1]), fill=fill), B=Tensor(right))


task = linear_system(
    reference,
    cases,
    (
        system((8,), (8, 3)),
        system((1,), (1, 1)),
        system((5,), (5,), "small_pivots(0)"),
        system((2,), (2,)),
        system((3, 6), (3, 6, 2), "small_pivots(1e-7)"),
        system((4, 5), (4, 5)),
        system((2, 3, 4), (2, 3, 4, 1)),
        system((3,), (3, 129)),
        system((16,), (16, 16)),
        system((17,), (17, 4)),
        system((33,), (33, 2)),
        system((2, 5), (5, 3)),
        system((4,), (4, 1030)),
    ),
    workloads={
        "one_of_4096": system((4096,), (4096, 64)),
        "batch_of_4096": system((4096, 64), (4096, 64, 1)),
    },
)
