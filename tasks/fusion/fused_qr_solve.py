"""Solution x = R^-1 (Q^H b) of A x = b with A = Q R; the least-squares solution where A has more rows than columns."""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.matrices import decomposition
from pytest_kernelbench.authoring.strategies import choice, integers, sizes, tensors


def reference(A, b):
    from torch.linalg import qr, solve_triangular

    q, r = qr(A)
    return solve_triangular(r, q.mH @ b, upper=True)


def properties(arguments, outputs):
    A, b, (x,) = arguments["A"], arguments["b"], outputs
    error, scale = A @ x - b, A.abs() @ x.abs() + b.abs()
    # A least-squares residual is not zero, but orthogonal to the columns of A.
    yield "A^H (A x - b) = 0", A.mH @ error, A.mH.abs() @ scale
    if A.shape[-2] == A.shape[-1]:
        yield "A x = b", error, scale


def cases(draw, given):
    n = draw(integers(1, 16))
    m = draw(choice(n, draw(sizes(given, n, 130))))
    fill = draw(choice("graded(4)", "graded(100)"))
    return Case(A=draw(tensors(given, (m, n), fill=fill)), b=draw(tensors(given, (m, draw(integers(1, 9))))))


def system(m, n, k, fill="graded(4)"):
    """Return the case of m equations for n unknowns and k right-hand sides."""
    return Case(A=Tensor((m, n), fill=fill), b=Tensor((m, k)))


task = decomposition(
    reference,
    cases,
    (
        system(8, 8, 2),
        system(1, 1, 1),
        system(9, 4, 3),
        system(7, 1, 5),
        system(16, 16, 1),
        system(17, 17, 3),
        system(33, 12, 4),
        system(129, 5, 1),
        system(1030, 4, 2),
        system(6, 3, 129),
        system(4, 4, 1030),
        system(5, 5, 2, "small_pivots(0)"),
        system(12, 8, 2, "graded(100)"),
        system(33, 33, 1),
    ),
    properties,
    dtypes=("float32", "float64"),
    accumulation=lambda case: case.A.shape[-2],
    workloads={
        "regression_64k_by_128": system(65536, 128, 16),
        "dense_2k": system(2048, 2048, 64),
    },
)
