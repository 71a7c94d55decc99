"""x + alpha * y, where x solves A x = b for the upper triangular matrix A.

Where b is a matrix, y has one element: the documentation does not say how a vector y is added to several solutions.

Vectors b are as documented; the shipped reference takes matrices only.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.matrices import decomposition
from pytest_kernelbench.authoring.strategies import choice, integers, numbers, sizes, tensors


def reference(A, b, y, alpha):
    from torch.linalg import solve_triangular

    x = solve_triangular(A, b if b.dim() > 1 else b.unsqueeze(-1), upper=True).reshape(b.shape)
    return x + alpha * y


def properties(arguments, outputs):
    A, b = arguments["A"], arguments["b"]
    added = arguments["alpha"] * arguments["y"]
    error, scale = A @ (outputs[0] - added) - b, A.abs() @ (outputs[0].abs() + added.abs()) + b.abs()
    yield "A (result - alpha y) = b", error, scale


def cases(draw, given):
    n = draw(sizes(given, 1, 60))
    right = draw(choice((n,), (n, draw(integers(1, 9)))))
    return Case(
        A=draw(tensors(given, (n, n), fill="upper")),
        b=draw(tensors(given, right)),
        y=draw(tensors(given, draw(choice((n,), (1,), ())) if len(right) == 1 else (1,))),
        alpha=draw(numbers(-2, 2)),
    )


def system(n, *columns, y=None, alpha=0.5):
    """Return the case of n equations; by default y has n elements."""
    shape = (n,) if y is None else y
    return Case(A=Tensor((n, n), fill="upper"), b=Tensor((n, *columns)), y=Tensor(shape), alpha=alpha)


task = decomposition(
    reference,
    cases,
    (
        system(8),
        system(1),
        system(2, alpha=0.0),
        system(17, alpha=-1.5),
        system(33),
        system(65, alpha=2),
        system(129),
        system(9, y=(1,)),
        system(6, y=()),
        system(7, 4, y=(1,), alpha=-1.0),
        system(5, 1, y=(1,)),
        system(4, 33, y=(1,), alpha=3.0),
        system(4, 1030, y=(1,)),
    ),
    properties,
    dtypes=("float32", "float64"),
    accumulation=lambda case: case.A.shape[-1],
    workloads={"triangular_8k": system(8192)},
)
