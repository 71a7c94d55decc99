"""sigmoid(input @ vec) - alpha * other, where other is a number or a tensor that broadcasts to the result."""

from __future__ import annotations

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.authoring.families.contracts import FINITE
from pytest_kernelbench.authoring.families.products import unit_sums
from pytest_kernelbench.authoring.strategies import choice, numbers, sizes, tensors


def reference(input, vec, other, alpha=1, *, out=None):
    return input.mv(vec).sigmoid().sub(other, alpha=alpha)


def cases(draw, given):
    n = draw(sizes(given))
    m = draw(sizes(given, 1, given.limit // n))
    shape = draw(choice((n,), (1,), (), None))
    return Case(
        input=draw(tensors(given, (n, m))),
        vec=draw(tensors(given, (m,), fill=None if given.facet == "values" else unit_sums(m))),
        other=draw(numbers(-2.0, 2.0)) if shape is None else draw(tensors(given, shape)),
        alpha=draw(choice(1, 2, 0, -0.5)),
    )


def product(n, m, other, dtype="float32", **options):
    """Return the case of an (n, m) matrix; `other` is a number or a shape."""
    return Case(
        input=Tensor((n, m), dtype),
        vec=Tensor((m,), dtype, unit_sums(m)),
        other=Tensor(other, dtype) if isinstance(other, tuple) else other,
        **options,
    )


task = Task(
    reference,
    cases,
    fixed_cases=(
        product(8, 16, (8,)),
        product(1, 1, (1,)),
        product(5, 7, 0.5),
        product(33, 65, (33,), alpha=2),
        product(129, 9, (1,), alpha=-0.5),
        product(17, 31, (), alpha=0.25),
        product(3, 1025, (3,)),
        product(1025, 3, -1.5, alpha=3),
        product(1, 2049, 1),
        product(2049, 1, (2049,), alpha=0),
        product(4, 1030, (4,), alpha=2),
        product(127, 16, 2, alpha=-1),
    ),
    contract=FINITE,
    tf32=True,
    accumulation=lambda case: case.vec.shape[0],
    workloads={"square_16k": product(16384, 16384, (16384,), dtype="float16")},
)
