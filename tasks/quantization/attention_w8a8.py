"""softmax(query @ key.T / sqrt(depth)) @ value through int8: (batch, length, depth) tensors with one scale a row each.

The shipped test compares with unquantised attention; the oracle is the pipeline, as documented. Scores are int32 sums
scaled back, times 1/sqrt(depth). Softmax is in floating point and is multiplied by the values, scaled back. Which
symmetric grid is meant is open (`authoring.quantisation`). The documentation mentions, without details, that the
probabilities may be quantised too, so each usual form is accepted: probabilities by row or with the scale of 1, values
by row, by column or folded into the probabilities. Scales of blocks of keys, as a streaming softmax would have, are
not.
"""

from __future__ import annotations

from math import sqrt

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.int8 import int8_pipeline
from pytest_kernelbench.authoring.quantisation import FLOAT32, INT8, ROUNDINGS, Pipeline, codes, product, quantise
from pytest_kernelbench.authoring.strategies import choice, integers, sizes, tensors

TF32 = 2.0**-11
"""Unit roundoff of TF32, in which tensor cores multiply float32."""

SMALLEST = 2.0**-126
"""Smallest normal float32: probabilities below it may be zero."""


def reference(query, key, value):
    (q, q_scales), (k, k_scales), (v, v_scales) = (quantise(each, -1) for each in (query, key, value))
    scores = (q @ k.mT) * q_scales * k_scales.mT / sqrt(query.shape[-1])
    return scores.softmax(-1) @ (v * v_scales)


def pipelines(query, key, value):
    coarse = []
    for grid in INT8:
        weights, off = probabilities(query, key, grid)
        rows, columns = codes(value, -1, grid), codes(value, -2, grid)
        plain, tolerance = mix(weights, off, rows.value, rows.tolerance)
        yield Pipeline(f"probabilities in float, {grid}", plain, tolerance)
        # Truncated factors shift a sum, and roundings add up at random.
        wider = tolerance + TF32 * (4 * plain.abs() + 6 * ((weights**2) @ (rows.value**2)).sqrt())
        coarse.append(Pipeline(f"probabilities in TF32, {grid}", plain, wider, grade="tf32"))
        if grid.divisor % 1:
            continue  # there each row with a negative extreme has a tie, so with probabilities any result would pass
        for slices, peak in (("by row", None), ("with the scale of 1", 1.0)):
            quantised = codes(weights, -1, grid, error=off, peak=peak)
            for others, values in (("by row", rows), ("by column", columns)):
                mixed = mix(quantised.value, quantised.tolerance, values.value, values.tolerance)
                yield Pipeline(f"probabilities {slices}, values {others}, {grid}", *mixed)
        error = (off + rows.error.mT * weights) * rows.scale.mT
        folded = codes(weights * rows.scale.mT, -1, grid, error=error)
        mixed = mix(folded.value, folded.tolerance, rows.centre, rows.doubt)
        yield Pipeline(f"probabilities times the values' scales by row, {grid}", *mixed)
    yield from coarse


def probabilities(query, key, grid):
    """Return the softmax of the quantised scores, and the error that each element may have."""
    # Codes are the same whether queries are scaled before or after they are quantised.
    queries = codes(query.double() / sqrt(query.shape[-1]), -1, grid)
    scores, tolerance = product(queries, codes(key, -1, grid).mT)
    # Roundings of the exponent's argument, and of the exponential itself.
    tolerance = tolerance + FLOAT32 * (ROUNDINGS + 4 * (scores.amax(-1, keepdim=True) - scores))
    highest, lowest = ((scores + sign * tolerance).logsumexp(-1, keepdim=True) for sign in (1, -1))
    smallest, largest = (scores - tolerance - highest).exp(), (scores + tolerance - lowest).exp().clamp(max=1)
    weights = scores.softmax(-1)
    return weights, (largest - weights).maximum(weights - smallest) + SMALLEST


def mix(weights, off, values, tolerance):
    """Return weights @ values in float32, and its tolerance."""
    gathered = (ROUNDINGS + sqrt(weights.shape[-1])) * FLOAT32 * (weights.abs() @ values.abs())
    return weights @ values, off @ (values.abs() + tolerance) + weights.abs() @ tolerance + gathered


def cases(draw, given):
    depth = draw(sizes(given, 1, 130) if given.facet == "sizes" else choice(8, 16, 32))
    batch = draw(integers(1, 3))
    length = draw(sizes(given, 1, max(1, min(130, given.limit // (batch * depth)))))
    fill = None if given.facet == "values" else draw(choice("normal", "uniform(-1, 1)", "normal(0, 3)"))
    query, key, value = (draw(tensors(given, (batch, length, depth), fill=fill)) for _ in range(3))
    return Case(query=query, key=key, value=value)


def head(batch, length, depth, query="normal", key="normal", value="normal"):
    """Return the case of one shape (batch, length, depth)."""
    shape = (batch, length, depth)
    return Case(query=Tensor(shape, fill=query), key=Tensor(shape, fill=key), value=Tensor(shape, fill=value))


task = int8_pipeline(
    reference,
    cases,
    pipelines,
    (
        head(2, 32, 16),
        head(1, 1, 8),
        head(1, 1, 1),
        head(2, 17, 40),
        head(1, 129, 16),
        head(3, 65, 8, value="outliers"),
        # Sharp and flat distributions: queries and keys of a wide range, and of zeros.
        head(2, 24, 8, query="normal(0, 5)"),
        head(1, 20, 16, key="outliers"),
        head(1, 31, 4, query="constant(0)", key="constant(0)", value="uniform(-100, 100)"),
        head(2, 9, 5, query="bernoulli(0.2)"),
        head(4, 33, 7, value="bernoulli(0.1)"),
        head(1, 3, 129),
        head(1, 1030, 4),
    ),
    large=(head(257, 3, 8), head(1, 600, 16)),
    # Larger queries and keys would make softmax pick one value.
    wide="normal(0, 3)",
    accumulation=lambda case: max(case.query.shape[-2:]),
    workloads={
        "clip_vit_l_336": head(256, 577, 64),
        "bert_base": head(384, 512, 64),
    },
)
