"""Matrix product through int8: inputs quantised by row, weights by column, int32 sums scaled back to floating point.

The shipped test compares with the unquantised product; documented is the pipeline, and it is the oracle. It leaves open
how ties are rounded and which of the usual symmetric grids is meant (`judge.codes`): each is accepted.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.judge.codes import INT8, Pipeline, codes, product, quantise, rounding
from pytest_kernelbench.strategies import choice, sizes, tensors

MOST = 40_000
"""Products of one drawn case."""


def reference(input, weight):
    rows, row_scales = quantise(input, -1)
    columns, column_scales = quantise(weight, -2)
    return (rows @ columns) * row_scales * column_scales


def pipelines(input, weight):
    for grid in INT8:
        value, tolerance = product(codes(input, -1, grid), codes(weight, -2, grid))
        yield Pipeline(f"by row and by column, {grid}", value, tolerance + rounding(input.dtype, value))


def cases(draw, given):
    m = draw(sizes(given, 1, 160))
    n = draw(sizes(given, 1, 160))
    k = draw(sizes(given, 1, max(1, MOST // (m * n))))
    fill = None if given.facet == "values" else draw(choice("normal", "uniform(-1, 1)", "outliers"))
    return Case(input=draw(tensors(given, (m, k), fill=fill)), weight=draw(tensors(given, (k, n), fill=fill)))


def matrices(m, n, k, input="normal", weight="normal"):
    """Return the case of an (m, k) by (k, n) product."""
    return Case(input=Tensor((m, k), fill=input), weight=Tensor((k, n), fill=weight))


task = Task(
    reference,
    cases,
    spine=(
        matrices(16, 24, 32),
        matrices(1, 1, 1),
        matrices(33, 17, 65),
        matrices(7, 9, 5, input="outliers"),
        matrices(7, 9, 5, weight="uniform(-100, 100)"),
        matrices(5, 31, 3, weight="bernoulli(0.3)"),
        matrices(31, 5, 3, input="bernoulli(0.3)"),
        matrices(6, 5, 4, input="constant(0)"),
        matrices(129, 130, 6),
        matrices(3, 2, 1025),
    ),
    dtypes=("float32",),
    # Scales near zero may be kept from it in several ways.
    contract=Contract(
        values=("normal(0, 0.01)", "normal(0, 30)", "outliers", "constant(1)", "integers(-3, 4)", "signed_zeros"),
        nan=False,
        inf=False,
    ),
    compare="quantised",
    pipelines=pipelines,
    accumulation=lambda case: case.input.shape[-1],
    workloads={"llama_7b_mlp": Case(input=Tensor((4096, 4096)), weight=Tensor((4096, 11008)))},
)
