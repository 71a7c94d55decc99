"""Compact LDL factorization of Hermitian or symmetric matrices, in the lower format of LAPACK's sytrf."""

from __future__ import annotations

from pytest_kernelbench import Case, Contract
from pytest_kernelbench.authoring.families.matrices import decomposition, drawn_symmetry, square_matrices
from pytest_kernelbench.authoring.strategies import tensors
from pytest_kernelbench.authoring.strategies.linalg import LINALG, squares


def reference(A, hermitian=False, out=None):
    import torch

    return tuple(torch.linalg.ldl_factor(A, hermitian=hermitian))


def properties(arguments, outputs):
    import torch

    A, (compact, pivots) = arguments["A"], outputs
    n = A.shape[-1]
    products, flaws = [], []
    for block, swaps in zip(compact.reshape(-1, n, n), pivots.reshape(-1, n).tolist(), strict=True):
        left, middle, flaw = unpack(block, swaps, arguments.get("hermitian", False))
        products.append(left @ middle @ (left.mH if arguments.get("hermitian", False) else left.mT))
        flaws.append(flaw)
    yield "pivots name rows further down, and blocks of 2 by 2 in pairs", torch.tensor(flaws), None
    yield "L D L^H = A", torch.stack(products).reshape(A.shape) - A, A


def unpack(compact, pivots, hermitian):
    """Return L with its permutations, D, and how many pivots violate the format."""
    import torch

    n = len(pivots)
    middle, steps, flaws, at = torch.zeros_like(compact), [], 0, 0
    while at < n:
        paired = pivots[at] < 0
        last = min(at + paired, n - 1)
        row = abs(pivots[at]) - 1
        if pivots[at] != pivots[last] or not last <= row < n or at + paired >= n:
            flaws, row = flaws + 1, last
        inside = slice(at, last + 1)
        lower = compact[inside, inside].tril(-1)
        middle[inside, inside] = (
            compact[inside, inside].diagonal().diag() + lower + (lower.mH if hermitian else lower.mT)
        )
        steps.append((last, row, inside))
        at = last + 1
    left = torch.eye(n, dtype=compact.dtype)
    for last, row, inside in reversed(steps):
        left[last + 1 :] += compact[last + 1 :, inside] @ left[inside]
        order = list(range(n))
        order[last], order[row] = row, last
        left = left[order]
    return left, middle, flaws


def cases(draw, given):
    hermitian, fill = drawn_symmetry(draw)
    return Case(A=draw(tensors(given, draw(squares(given, 2, 33)), fill=fill)), hermitian=hermitian)


def matrices(*shape, fill="symmetric", **options):
    """Return the case of symmetric or Hermitian matrices of which the last size is given once."""
    return square_matrices(*shape, fill=fill, **options)


task = decomposition(
    reference,
    cases,
    (
        matrices(4),
        matrices(1),
        matrices(2, fill="symmetric(0)"),
        matrices(6, fill="hermitian", hermitian=True),
        matrices(3, 7),
        matrices(2, 2, 5, fill="hermitian(0)", hermitian=True),
        matrices(9, fill="symmetric(0)"),
        matrices(8, fill="positive_definite", hermitian=True),
        matrices(16, fill="hermitian(0)", hermitian=True),
        matrices(17),
        matrices(33),
        matrices(1030, 2),
    ),
    properties,
    contract=Contract(layouts=LINALG.layouts, nan=False, inf=False),
    accumulation=lambda case: case.A.shape[-1],
    workloads={
        "kkt_system_2k": matrices(2048),
        "batch_of_1024": matrices(1024, 64),
    },
    aliases=("linalg_ldl_factor",),
)
