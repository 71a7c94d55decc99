"""LU decomposition of matrices of any shape, A = P @ L @ U; without pivoting, A = L @ U and P is empty.

The pivot is the largest element of its column, so no element of L is above 1.
"""

from __future__ import annotations

from pytest_kernelbench import Case
from pytest_kernelbench.authoring.families.matrices import decomposition, matrices
from pytest_kernelbench.authoring.strategies import booleans, choice, tensors
from pytest_kernelbench.authoring.strategies.linalg import rectangles


def reference(A, pivot=True, out=None):
    import torch

    return tuple(torch.linalg.lu(A)) if pivot else eliminate(A)


def eliminate(A):
    """Decompose without pivoting, which PyTorch offers only on GPUs."""
    import torch

    rank = min(A.shape[-2:])
    rest, lower = A.clone(), torch.zeros_like(A[..., :rank])
    for step in range(rank):
        lower[..., step, step] = 1
        lower[..., step + 1 :, step] = rest[..., step + 1 :, step] / rest[..., step, step, None]
        rest[..., step + 1 :, :] -= lower[..., step + 1 :, step, None] * rest[..., step, None, :]
    return A.new_empty(0), lower, rest[..., :rank, :].triu()


def properties(arguments, outputs):
    import torch

    A, (P, L, U) = arguments["A"], outputs
    if arguments.get("pivot", True):
        yield "the elements of P are 0 and 1", ((P != 0) & (P != 1)).to(torch.float64), None
        yield "each row of P has a single 1", P.sum(-1) - 1, None
        yield "each column of P has a single 1", P.sum(-2) - 1, None
        yield "P L U = A", P @ (L @ U) - A, A
        # LAPACK compares |real| + |imaginary| of complex pivots, which is up to sqrt(2) times the modulus.
        largest = 1 + 1e-5 if not A.is_complex() else 2**0.5 + 1e-5
        yield "no element of L is above 1: the pivots are the largest", torch.clamp(L.abs() - largest, min=0), None
    else:
        yield "L U = A", L @ U - A, A
    yield "L is lower triangular", L.triu(1), None
    diagonal = L.diagonal(dim1=-2, dim2=-1).unsqueeze(-1)
    yield "the diagonal of L is 1", diagonal - 1, torch.ones_like(diagonal)
    yield "U is upper triangular", U.tril(-1), None


def cases(draw, given):
    pivot = draw(booleans()) if given.facet == "sizes" else True
    fill = draw(choice(None, "small_pivots(0)", "small_pivots(1e-7)")) if pivot else "dominant"
    return Case(A=draw(tensors(given, draw(rectangles(given, 12)), fill=fill)), pivot=pivot)


task = decomposition(
    reference,
    cases,
    (
        matrices(5, 5),
        matrices(1, 1),
        matrices(2, 2, fill="small_pivots(0)"),
        matrices(9, 4),
        matrices(4, 9),
        matrices(3, 6, 6, fill="small_pivots(1e-7)"),
        matrices(2, 2, 5, 3),
        matrices(17, 17),
        matrices(33, 33),
        matrices(129, 3),
        matrices(7, 7, fill="dominant", pivot=False),
        matrices(2, 6, 4, fill="dominant", pivot=False),
        matrices(5, 8, fill="dominant", pivot=False),
        matrices(4, 1030),
    ),
    properties,
    accumulation=lambda case: min(case.A.shape[-2:]),
    workloads={
        "batch_of_4096": matrices(4096, 64, 64),
        "one_of_2048": matrices(2048, 2048),
    },
)
