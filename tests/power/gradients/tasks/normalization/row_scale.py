"""Each row divided by its root mean square, times one weight for each column; `x` and `weight` are differentiable."""

from __future__ import annotations

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.authoring.strategies import sizes, tensors


def reference(x, weight, eps=1e-6):
    return x * (x.square().mean(-1, keepdim=True) + eps).rsqrt() * weight


def cases(draw, given):
    columns = draw(sizes(given, 1, 100))
    rows = draw(sizes(given, 1, given.limit // columns))
    return Case(x=draw(tensors(given, (rows, columns))), weight=draw(tensors(given, (columns,))))


def rows_of(rows, columns):
    return Case(x=Tensor((rows, columns)), weight=Tensor((columns,)))


task = Task(
    reference,
    cases,
    fixed_cases=(rows_of(4, 6), rows_of(1, 1), rows_of(130, 20)),
    gradients=("x", "weight"),
    accumulation=lambda case: case.x.shape[-1],
    long_sums=(),
)
