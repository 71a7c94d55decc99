"""Cholesky factor L of positive definite matrices, A = L @ L^H, or the upper factor L^H."""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.matrices import decomposition
from pytest_kernelbench.authoring.strategies import booleans, tensors
from pytest_kernelbench.authoring.strategies.linalg import squares


def reference(A, upper=False, out=None):
    import torch

    return torch.linalg.cholesky(A, upper=upper)


def properties(arguments, outputs):
    import torch

    A, (factor,) = arguments["A"], outputs
    lower = factor.mH if arguments.get("upper", False) else factor
    diagonal = lower.diagonal(dim1=-2, dim2=-1)
    yield "the product of the factor and its conjugate transpose is A", lower @ lower.mH - A, A
    yield "the other triangle is zero", lower.triu(1), None
    yield "the diagonal is positive", torch.clamp(-diagonal.real, min=0) + (diagonal.real == 0), None
    yield "the diagonal is real", torch.diag_embed(diagonal.imag if diagonal.is_complex() else 0 * diagonal), lower


def cases(draw, given):
    return Case(A=draw(tensors(given, draw(squares(given)), fill="positive_definite")), upper=draw(booleans()))


def matrices(*shape, **options):
    """Return the case of square matrices of which the last size is given once."""
    return Case(A=Tensor((*shape, shape[-1]), fill="positive_definite"), **options)


task = decomposition(
    reference,
    cases,
    (
        matrices(4),
        matrices(1),
        matrices(2, upper=True),
        matrices(5, 3),
        matrices(3, 7, upper=True),
        matrices(2, 2, 5),
        matrices(16),
        matrices(17),
        matrices(33),
        matrices(40, upper=True),
        matrices(1030, 2),
    ),
    properties,
    accumulation=lambda case: case.A.shape[-1],
    workloads={
        "gaussian_process_4k": matrices(4096),
        "batch_of_4096": matrices(4096, 64),
    },
    aliases=("linalg_cholesky",),
)
