"""Layer normalisation in floating point, quantised to int8 and scaled back, with one scale a row.

The shipped test compares with the unquantised result; the oracle is the pipeline, as documented. The documentation does
not say whether the result is quantised or the normalised input before `weight` and `bias`, whether a row is a slice
that is normalised together or one along the last dimension, and which symmetric grid is meant
(`authoring.quantisation`): all readings are accepted.
"""

from __future__ import annotations

from math import prod, sqrt

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.int8 import int8_pipeline
from pytest_kernelbench.authoring.quantisation import FLOAT32, INT8, ROUNDINGS, Pipeline, codes, quantise, rounding
from pytest_kernelbench.authoring.strategies import booleans, choice, integers, sizes, tensors


def reference(input, normalized_shape, weight=None, bias=None, eps=1e-05):
    from torch.nn.functional import layer_norm

    result = layer_norm(input, normalized_shape, weight, bias, eps)
    integers, scales = quantise(result, tuple(range(-len(normalized_shape), 0)))
    return integers * scales


def pipelines(input, normalized_shape, weight=None, bias=None, eps=1e-05):
    dims = tuple(range(-len(normalized_shape), 0))
    factor = 1.0 if weight is None else weight.double()
    shift = input.new_zeros(1).double() if bias is None else bias.double()
    plain, off = normalised(input.double(), dims, eps)
    result = plain * factor + shift
    result_off = rounding(input.dtype, 2 * plain * factor, 2 * shift) + off * abs(factor)
    for rows in dict.fromkeys((dims, (-1,))):
        for grid in INT8:
            name = f"by {'last dimension' if rows == (-1,) else 'normalised slice'}, {grid}"
            after = codes(result, rows, grid, error=result_off)
            yield Pipeline(f"result {name}", after.value, after.tolerance + rounding(input.dtype, after.value))
            before = codes(plain, rows, grid, error=off)
            scaled = before.value * factor
            yield Pipeline(
                f"input without weight and bias {name}",
                scaled + shift,
                before.tolerance * abs(factor) + rounding(input.dtype, scaled, shift),
            )


def normalised(x, dims, eps):
    """Return the normalised input, and the error that arithmetic in float32 may have."""
    variance, mean = x.var(dims, correction=0, keepdim=True) + eps, x.mean(dims, keepdim=True)
    gathered = FLOAT32 * (ROUNDINGS + sqrt(prod(x.shape[dim] for dim in dims)))
    plain = (x - mean) / variance.sqrt()
    largest = x.abs().amax(dims, keepdim=True)
    return plain, gathered * (largest / variance.sqrt() + plain.abs() * (2 + mean**2 / variance))


def cases(draw, given):
    inner = draw(sizes(given, 1, min(1100, given.limit)))
    batch = draw(choice((), (3,), (2, 3), (1, 4)))
    batch = batch if prod(batch) * inner <= given.limit else (1,) * len(batch)
    shape = (*batch, inner)
    trailing = shape[-draw(integers(1, min(2, len(shape)))) :]
    return Case(
        input=draw(tensors(given, shape)),
        normalized_shape=list(trailing) if draw(booleans()) else trailing,
        weight=draw(tensors(given, trailing)) if draw(booleans()) else None,
        bias=draw(tensors(given, trailing)) if draw(booleans()) else None,
        eps=draw(choice(1e-5, 1e-3, 0.1)),
    )


def layer(*shape, trailing=1, weight=None, bias=None, fill="normal", **options):
    """Return the case of a shape whose last `trailing` dimensions are normalised; weight and bias are fills."""
    last = shape[-trailing:]
    return Case(
        input=Tensor(shape, fill=fill),
        normalized_shape=last,
        weight=weight and Tensor(last, fill=weight),
        bias=bias and Tensor(last, fill=bias),
        **options,
    )


task = int8_pipeline(
    reference,
    cases,
    pipelines,
    (
        layer(6, 40, weight="normal", bias="normal"),
        layer(4, 33),
        layer(1, 1, weight="normal"),
        layer(5, 1, bias="normal"),
        layer(3, 129, weight="normal"),
        layer(2, 1025, weight="normal", bias="normal"),
        layer(2, 3, 17, bias="normal", eps=1e-3),
        layer(3, 5, 7, trailing=2, weight="normal", bias="normal"),
        layer(4, 9, trailing=2),
        layer(31, weight="normal", bias="normal", eps=0.1),
        layer(4, 65, weight="uniform(-100, 100)", bias="outliers"),
        layer(5, 70, fill="normal(3, 0.1)", weight="normal", bias="normal"),
        layer(4, 1030, weight="normal"),
    ),
    accumulation=lambda case: prod(case.normalized_shape),
    workloads={
        "bert_large": layer(64, 512, 1024, weight="normal", bias="normal"),
        "opt_6.7b": layer(8, 2048, 4096, weight="normal", bias="normal"),
    },
)
