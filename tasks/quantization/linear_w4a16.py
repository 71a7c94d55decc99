"""input @ weight.T + bias with 4-bit weights: float16 inputs, signed integers in pairs, one scale an output channel.

The shipped test compares with the unquantised layer; the oracle is the pipeline, as documented: the scale is the
largest magnitude of a row of weights over 7, and integers lie in -8 to 7. Open are the precision of the scales, of the
weights made from them and of the sum: float16 and float32 are accepted. The documentation offers scales of groups of
inputs, too, and excludes them by "fixed pattern". How the pairs are packed does not affect the result.
"""

from __future__ import annotations

from math import sqrt

from pytest_kernelbench import Case, Contract, Task
from pytest_kernelbench.authoring.families import linear_layers
from pytest_kernelbench.authoring.families.products import MAX_PRODUCTS
from pytest_kernelbench.authoring.quantisation import Grid, Pipeline, codes, quantise, rounding
from pytest_kernelbench.authoring.strategies import booleans, choice, sizes, tensors

INT4 = Grid(7.0, -8, 7)

HALF = 2.0**-11
"""Unit roundoff of float16."""


def reference(input, weight, bias=None):
    from torch.nn.functional import linear

    integers, scales = quantise(weight, -1, INT4.divisor)
    return linear(input, integers * scales, bias)


def pipelines(input, weight, bias=None):
    """Yield the one pipeline; roundings to float16 are taken as random, except those of the scale."""
    x = input.double()
    # The scale may be in float16, and so may the division by it.
    quantised = codes(weight, -1, INT4, precision=2.5 * HALF)
    value = x @ quantised.value.mT
    ties = x.abs() @ (quantised.doubt * quantised.scale).mT
    norm = ((x**2) @ (quantised.value**2).mT).sqrt()
    # Partial sums are rounded; they grow as a random walk to the norm, or straight to the value.
    sums = HALF * (6 + sqrt(x.shape[-1])) * (2 * norm + value.abs())
    shift = value.new_zeros(1) if bias is None else bias.double()
    yield Pipeline(
        "weight by output channel, largest / 7", value + shift, ties + sums + rounding(input.dtype, value, shift)
    )


def cases(draw, given):
    outer, batch = draw(sizes(given, 1, 130)), draw(choice((5,), (2, 3), (1, 1, 2), (), (17,)))
    inner = draw(sizes(given, 1, max(1, min(1100, given.limit // outer, MAX_PRODUCTS // (17 * outer)))))
    return Case(
        input=draw(tensors(given, (*batch, inner))),
        weight=draw(tensors(given, (outer, inner))),
        bias=draw(tensors(given, (outer,))) if draw(booleans()) else None,
    )


def layer(batch, inner, outer, bias=False, weight="normal", scale="normal"):
    """Return the case of a batch shape and two numbers of features; `scale` is the fill of input and bias."""
    return linear_layers.layer(batch, inner, outer, bias=bias, dtype="float16", fill=scale, weight=weight)


task = Task(
    reference,
    cases,
    fixed_cases=(
        layer((12,), 32, 20),
        layer((5,), 64, 33, bias=True),
        layer((1,), 1, 1),
        # Odd numbers of inputs leave half of a byte unused.
        layer((7,), 17, 9, bias=True),
        layer((3,), 1025, 5),
        layer((2, 3), 40, 17, bias=True),
        layer((), 31, 65),
        # One large weight leaves few integers to the rest of its row; scales of other slices are far off.
        layer((6,), 48, 11, weight="outliers"),
        layer((4,), 66, 13, bias=True, weight="uniform(-100, 100)", scale="uniform(0, 1)"),
        layer((4,), 3, 31, weight="bernoulli(0.2)"),
        layer((4,), 8, 6, bias=True, weight="constant(0)"),
        layer((70,), 12, 130),
    ),
    dtypes=("float16",),
    # Scales near zero may be kept from zero in several ways, and products of outliers overflow float16.
    contract=Contract(
        values=("normal(0, 0.05)", "normal(0, 8)", "uniform(0, 1)", "constant(1)", "integers(-3, 4)", "signed_zeros"),
        nan=False,
        inf=False,
    ),
    compare="quantised",
    pipelines=pipelines,
    accumulation=lambda case: case.input.shape[-1],
    workloads={
        "llama_7b_mlp_decode": layer((16,), 4096, 11008),
        "llama_7b_mlp_prefill": layer((2048,), 4096, 11008),
    },
)
