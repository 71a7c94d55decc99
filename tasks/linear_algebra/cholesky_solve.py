"""Solution X of A X = B, where L is the lower or upper Cholesky factor of the positive definite matrix A."""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.matrices import decomposition
from pytest_kernelbench.authoring.strategies import booleans, choice, integers, tensors
from pytest_kernelbench.authoring.strategies.linalg import squares

FACTORS = {False: "lower", True: "upper"}
"""Fills of L, by `upper`."""


def reference(B, L, upper=False, out=None):
    return B.cholesky_solve(L, upper=upper)


def properties(arguments, outputs):
    B, L, (X,) = arguments["B"], arguments["L"], outputs
    left, right = (L.mH, L) if arguments.get("upper", False) else (L, L.mH)
    scale = left.abs() @ (right.abs() @ X.abs()) + B.abs()
    yield "A X = B", left @ (right @ X) - B, scale


def cases(draw, given):
    upper = draw(booleans())
    *batch, n, _ = draw(squares(given, 1, 33))
    shared = draw(choice("neither", "neither", "L", "B")) if batch else "neither"
    right = (n, draw(integers(1, 9)))
    return Case(
        B=draw(tensors(given, right if shared == "B" else (*batch, *right))),
        L=draw(tensors(given, (n, n) if shared == "L" else (*batch, n, n), fill=FACTORS[upper])),
        upper=upper,
    )


def system(n, k, left=(), right=(), **options):
    """Return the case of n equations and k right-hand sides, with batch dimensions of L and B."""
    fill = FACTORS[options.get("upper", False)]
    return Case(B=Tensor((*right, n, k)), L=Tensor((*left, n, n), fill=fill), **options)


task = decomposition(
    reference,
    cases,
    (
        system(8, 3),
        system(1, 1),
        system(7, 1, upper=True),
        system(5, 3, (4,), (4,)),
        system(4, 2, (2, 3), (2, 3), upper=True),
        system(3, 129),
        system(17, 4),
        system(33, 2),
        system(6, 2, (), (3,)),
        system(5, 2, (3,), ()),
        system(16, 16, upper=True),
        system(40, 1),
        system(4, 1030),
    ),
    properties,
    accumulation=lambda case: case.L.shape[-1],
    workloads={
        "gaussian_process_4k": system(4096, 256),
        "batch_of_4096": system(64, 16, (4096,), (4096,)),
    },
)
