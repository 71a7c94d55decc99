"""Chebyshev polynomial of the first kind of degree n, T_n(x), element by element, in float32.

The degree is an int, as in the published signature; a part of the documentation has a tensor. Infinities are not
tested: the recurrence subtracts them.

`out` is written as documented; the shipped reference ignores it.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.authoring.families.contracts import any_shape
from pytest_kernelbench.authoring.strategies import choice, shapes, tensors

INSIDE = "uniform(-1, 1)"


def reference(input, n, out=None):
    import torch

    return torch.special.chebyshev_polynomial_t(input, n)


def cases(draw, given):
    # Degree 0 of NaN may be 1 or NaN. Outside [-1, 1] high degrees overflow.
    n = draw(choice(1, 2, 3, 4, 5, 6, 7, 8) if given.facet == "values" else choice(2, 3, 0, 1, 4, 5, 6, 7, 8, 12, 20))
    fill = INSIDE if n > 8 else None
    return Case(input=draw(tensors(given, draw(shapes(given, 1, 4)), fill=fill)), n=n)


task = Task(
    reference,
    cases,
    fixed_cases=tuple(
        Case(input=Tensor(shape, fill=fill), n=n)
        for shape, n, fill in (
            ((4, 5), 3, "normal"),
            ((1,), 2, "normal"),
            ((129,), 5, "normal"),
            ((1025,), 4, "normal"),
            ((3, 127), 6, "normal"),
            ((2, 3, 65), 7, "normal"),
            ((2, 2, 3, 17), 1, "normal"),
            ((4099,), 3, "normal"),
            ((3, 33), 0, "normal"),
            ((129,), 5, INSIDE),
            ((129,), 6, INSIDE),
            ((129,), 20, INSIDE),
            ((127,), 9, "uniform(1, 3)"),
            ((0,), 3, "normal"),
            ((2, 0, 3), 8, "normal"),
            ((), 5, "normal"),
            ((1027,), 8, "normal"),
        )
    ),
    dtypes=("float32",),
    contract=any_shape(INSIDE, inf=False),
    elementwise=True,
    workloads={"graph_filter_degree_8": Case(input=Tensor((8192, 8192), fill=INSIDE), n=8)},
)
