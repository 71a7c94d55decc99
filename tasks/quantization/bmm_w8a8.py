"""Batched matrix product through int8: both operands quantised, int32 sums scaled back to floating point.

The shipped test compares with the unquantised product; documented is the pipeline, and it is the oracle. The input has
one scale a row or one a matrix, the second operand one a column; which symmetric grid is meant is open (`judge.codes`).
Scales of groups along the sum are an option of the documentation that its "no other design" takes back.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.judge.codes import INT8, Pipeline, codes, product, quantise, rounding
from pytest_kernelbench.strategies import choice, integers, sizes, tensors

MOST = 40_000
"""Products of one drawn case."""


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
    k = draw(sizes(given, 1, max(1, MOST // (batch * m * n))))
    fill = None if given.facet == "values" else draw(choice("normal", "uniform(-1, 1)", "outliers"))
    return Case(
        input=draw(tensors(given, (batch, m, k), fill=fill)), mat2=draw(tensors(given, (batch, k, n), fill=fill))
    )


def batch(count, m, n, k, input="normal", mat2="normal"):
    """Return the case of `count` products of (m, k) by (k, n) matrices."""
    return Case(input=Tensor((count, m, k), fill=input), mat2=Tensor((count, k, n), fill=mat2))


task = Task(
    reference,
    cases,
    spine=(
        batch(3, 12, 20, 32),
        batch(1, 1, 1, 1),
        batch(2, 33, 17, 65),
        # A wide range shows scales of the whole batch, and float arithmetic.
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
    workloads={
        "opt_6.7b_scores": Case(input=Tensor((64, 2048, 128)), mat2=Tensor((64, 128, 2048))),
        "opt_6.7b_values": Case(input=Tensor((64, 2048, 2048), fill="uniform(0, 1)"), mat2=Tensor((64, 2048, 128))),
    },
)
