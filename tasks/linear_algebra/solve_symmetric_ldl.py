"""Solution x of A x = b for a symmetric or Hermitian A through its LDL decomposition, judged by its residual.

As documented, the result solves the system; the shipped reference mistakes pivot indices for the diagonal of D.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.matrices import drawn_symmetry, linear_system
from pytest_kernelbench.authoring.strategies import choice, integers, tensors
from pytest_kernelbench.authoring.strategies.linalg import squares


def reference(A, b, hermitian=False, out=None):
    from torch.linalg import ldl_factor, ldl_solve

    vectors = b.shape == A.shape[:-1]
    x = ldl_solve(*ldl_factor(A, hermitian=hermitian), b.unsqueeze(-1) if vectors else b, hermitian=hermitian)
    return x.squeeze(-1) if vectors else x


def cases(draw, given):
    hermitian, fill = drawn_symmetry(draw)
    shape = draw(squares(given, 2, 33))
    right = draw(choice(shape[:-1], (*shape[:-1], draw(integers(1, 9)))))
    return Case(A=draw(tensors(given, shape, fill=fill)), b=draw(tensors(given, right)), hermitian=hermitian)


def system(left, right, fill="symmetric", **options):
    """Return the case of batch dimensions and size of A, and the shape of b."""
    return Case(A=Tensor((*left, left[-1]), fill=fill), b=Tensor(right), **options)


task = linear_system(
    reference,
    cases,
    (
        system((6,), (6,)),
        system((1,), (1,)),
        system((2,), (2, 1), "symmetric(0)"),
        system((5,), (5, 3), "hermitian", hermitian=True),
        system((3, 4), (3, 4, 2)),
        system((3, 5), (3, 5), "hermitian(0)", hermitian=True),
        system((9,), (9,), "symmetric(0)"),
        system((2, 2, 4), (2, 2, 4, 1), "hermitian", hermitian=True),
        system((16,), (16, 2)),
        system((17,), (17,), "positive_definite", hermitian=True),
        system((33,), (33, 4)),
        system((3,), (3, 65), "hermitian(0)", hermitian=True),
        system((4,), (4, 1030)),
    ),
    workloads={"kkt_system_2k": system((2048,), (2048,))},
)
