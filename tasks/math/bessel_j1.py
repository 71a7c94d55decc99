"""Bessel function of the first kind and order one, J1(x), element by element, in float32.

Infinities are not tested: the limit is 0 while PyTorch gives NaN, and the documentation specifies neither.
"""

from __future__ import annotations

import math

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.contracts import any_shape
from pytest_kernelbench.authoring.strategies import elementwise

NODES = 64
"""Points of the mean in `bessel_integral`: with more than |x| of them, its error falls faster than exponentially."""


def reference(input, out=None):
    import torch

    result = torch.special.bessel_j1(input)
    if input.dtype == torch.float64:
        # PyTorch's float64 is off by 1.5e-7 above 5, one rounding of float32; its float32 stays as it is.
        result = torch.where((input.abs() > 4) & (input.abs() < 25), bessel_integral(input.clamp(-25, 25)), result)
    return result


def bessel_integral(x):
    """Return the mean of cos(t - x sin t) over a period of t, which is J1."""
    points = (2 * math.pi * step / NODES for step in range(NODES))
    return sum((point - x * math.sin(point)).cos() for point in points) / NODES


# Narrow bands: with normal(0, 30), the largest results would hide the errors of all others.
BANDS = ("uniform(-2, 2)", "uniform(2, 5)", "uniform(-9, -5)", "uniform(9, 25)", "uniform(200, 1000)")

task = elementwise(
    reference,
    dtypes=("float32",),
    contract=any_shape(*BANDS, inf=False),
    keywords=({"input": Tensor((1027,), fill="uniform(-20, 20)")},),
    workloads={"elements_64m": Case(input=Tensor((8192, 8192), fill="normal(0, 10)"))},
)
