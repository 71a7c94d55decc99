"""Bessel function of the first kind and order one, element by element, in float32.

Infinities are outside the contract: the limit is 0, PyTorch gives NaN, and the documentation says neither.
"""

from __future__ import annotations

import math

from pytest_kernelbench import Case, Contract, Tensor
from pytest_kernelbench.model.task import VALUE_FILLS
from pytest_kernelbench.strategies import elementwise

NODES = 64
"""Points of the mean below: with more of them than |x| its error falls faster than exponentially."""


def reference(input, out=None):
    import torch

    result = torch.special.bessel_j1(input)
    if input.dtype == torch.float64:
        # PyTorch is off by 1.5e-7 above 5, as much as float32 rounds; its own float32 stays as it is.
        result = torch.where((input.abs() > 4) & (input.abs() < 25), bessel_integral(input.clamp(-25, 25)), result)
    return result


def bessel_integral(x):
    """Return the mean of cos(t - x sin t) over a period of t, which is J1."""
    points = (2 * math.pi * step / NODES for step in range(NODES))
    return sum((point - x * math.sin(point)).cos() for point in points) / NODES


# Narrow bands, because among normal(0, 30) the largest results hide every error of the others.
BANDS = ("uniform(-2, 2)", "uniform(2, 5)", "uniform(-9, -5)", "uniform(9, 25)", "uniform(200, 1000)")

task = elementwise(
    reference,
    dtypes=("float32",),
    contract=Contract(values=(*VALUE_FILLS, *BANDS), inf=False, empty=True, zero_dim=True),
    keywords=({"input": Tensor((1027,), fill="uniform(-20, 20)")},),
    workloads={"elements_64m": Case(input=Tensor((8192, 8192), fill="normal(0, 10)"))},
)
