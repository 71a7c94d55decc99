"""input @ weight through int8: inputs quantised by row, weights by column, int32 sums scaled back to floating point.

The shipped test compares with the unquantised product; the oracle is the pipeline, as documented. The documentation
does not say how ties are rounded and which of the usual symmetric grids is meant (`authoring.quantisation`): each is
accepted.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.int8 import drawn_fill, int8_pipeline
from pytest_kernelbench.authoring.families.products import MAX_PRODUCTS
from pytest_kernelbench.authoring.quantisation import INT8, Pipeline, codes, product, quantise, rounding
from pytest_kernelbench.authoring.strategies import sizes, tensors


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
    k = draw(sizes(given, 1, max(1, MAX_PRODUCTS // (m * n))))
    fill = drawn_fill(draw, given)
    return Case(input=draw(tensors(given, (m, k), fill=fill)), weight=draw(tensors(given, (k, n), fill=fill)))


def matrices(m, n, k, input="normal", weight="normal"):
    """Return the case of an (m, k) by (k, n) product."""
    return Case(input=Tensor((m, k), fill=input), weight=Tensor((k, n), fill=weight))


task = int8_pipeline(
    reference,
    cases,
    pipelines,
    (
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
    accumulation=lambda case: case.input.shape[-1],
    workloads={"llama_7b_mlp": Case(input=Tensor((4096, 4096)), weight=Tensor((4096, 11008)))},
)
