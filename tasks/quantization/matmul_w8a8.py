"""Matrix product through int8: inputs quantised by row, weights by column, int32 sums scaled back to floating point.

The shipped test compares with the unquantised product; documented is the pipeline, and it is the oracle. It leaves open
how ties are rounded and which of the usual symmetric grids is meant: `judge.quantised` accepts each.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.strategies import choice, sizes, tensors

MOST = 40_000
"""Products of one drawn case."""


def reference(input, weight):
    rows, row_scales = quantise(input, -1)
    columns, column_scales = quantise(weight, -2)
    return (rows @ columns) * row_scales * column_scales


def quantise(values, dim):
    """Return integers from -127 to 127 and the scale of each slice along `dim`; zeros have scale 0."""
    scales = values.abs().amax(dim, keepdim=True) / 127
    return (values / scales.where(scales > 0, 1.0)).round(), scales


def cases(draw, given):
    m = draw(sizes(given, 1, 160))
    n = draw(sizes(given, 1, 160))
    k = draw(sizes(given, 1, max(1, MOST // (m * n))))
    fill = None if given.facet == "values" else draw(choice("normal", "uniform(-1, 1)", "outliers"))
    return Case(input=draw(tensors(given, (m, k), fill=fill)), weight=draw(tensors(given, (k, n), fill=fill)))


def product(m, n, k, input="normal", weight="normal"):
    """Return the case of an (m, k) by (k, n) product."""
    return Case(input=Tensor((m, k), fill=input), weight=Tensor((k, n), fill=weight))


task = Task(
    reference,
    cases,
    spine=(
        product(16, 24, 32),
        product(1, 1, 1),
        product(33, 17, 65),
        product(7, 9, 5, input="outliers"),
        product(7, 9, 5, weight="uniform(-100, 100)"),
        product(5, 31, 3, weight="bernoulli(0.3)"),
        product(31, 5, 3, input="bernoulli(0.3)"),
        product(6, 5, 4, input="constant(0)"),
        product(129, 130, 6),
        product(3, 2, 1025),
    ),
    dtypes=("float32",),
    # Scales near zero may be kept from it in several ways.
    contract=Contract(
        values=("normal(0, 0.01)", "normal(0, 30)", "outliers", "constant(1)", "integers(-3, 4)", "signed_zeros"),
        nan=False,
        inf=False,
    ),
    compare="quantised",
    accumulation=lambda case: case.input.shape[-1],
    workloads={"llama_7b_mlp": Case(input=Tensor((4096, 4096)), weight=Tensor((4096, 11008)))},
)
