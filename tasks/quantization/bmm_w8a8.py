"""Batched input @ mat2 through int8: both operands quantised, int32 sums scaled back to floating point.

The shipped test compares with the unquantised product; the oracle is the pipeline, as documented. The input has one
scale a row or one a matrix, `mat2` one a column; which symmetric grid is meant is open (`authoring.quantisation`). The
documentation offers scales of groups along the sum, too, and excludes them by "no other design": they are not accepted.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.int8 import drawn_fill, int8_pipeline
from pytest_kernelbench.authoring.families.products import MAX_PRODUCTS
from pytest_kernelbench.authoring.quantisation import INT8, Pipeline, codes, product, quantise, rounding
from pytest_kernelbench.authoring.strategies import integers, sizes, tensors


def reference(input, mat2):
    rows, row_scales = quantise(input, -1)
    columns, column_scales = quantise(mat2, -2)
    return (rows @ columns) * row_scales * column_scales


def pipelines(input, mat2):
    for slices, dims in {"by row": -1, "by matrix": (-2, -1)}.items():
        for grid in INT8:
            value, tolerance = product(codes(input, dims, grid), codes(mat2, -2, grid))
            name = f"input {slices}, mat2 by column, {grid}"
            yield Pipeline(name, value, tolerance + rounding(input.dtype, value))


def cases(draw, given):
    batch = draw(integers(1, 4))
    m, n = draw(sizes(given, 1, 130)), draw(sizes(given, 1, 130))
    k = draw(sizes(given, 1, max(1, MAX_PRODUCTS // (batch * m * n))))
    fill = drawn_fill(draw, given)
    return Case(
        input=draw(tensors(given, (batch, m, k), fill=fill)), mat2=draw(tensors(given, (batch, k, n), fill=fill))
    )


def batch(count, m, n, k, input="normal", mat2="normal"):
    """Return the case of `count` products of (m, k) by (k, n) matrices."""
    return Case(input=Tensor((count, m, k), fill=input), mat2=Tensor((count, k, n), fill=mat2))


task = int8_pipeline(
    reference,
    cases,
    pipelines,
    (
        batch(3, 12, 20, 32),
        batch(1, 1, 1, 1),
        batch(2, 33, 17, 65),
        # A wide range reveals scales of the whole batch, and float arithmetic.
        batch(4, 7, 9, 5, input="outliers"),
        batch(3, 7, 9, 5, mat2="outliers"),
        batch(2, 5, 31, 3, mat2="bernoulli(0.3)"),
        # Rows, columns and whole matrices of zeros.
        batch(9, 1, 5, 2, input="bernoulli(0.3)"),
        batch(2, 6, 5, 4, input="constant(0)"),
        batch(2, 129, 130, 6),
        batch(5, 1, 40, 33),
        batch(2, 3, 2, 1025),
    ),
    accumulation=lambda case: case.input.shape[-1],
    workloads={
        "opt_6.7b_scores": Case(input=Tensor((64, 2048, 128)), mat2=Tensor((64, 128, 2048))),
        "opt_6.7b_values": Case(input=Tensor((64, 2048, 2048), fill="uniform(0, 1)"), mat2=Tensor((64, 2048, 128))),
    },
)
