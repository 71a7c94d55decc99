"""Modified Bessel function of the first kind and order zero, element by element.

Infinities are outside the contract: the limit is inf, eager's exp(x) / sqrt(x) gives NaN, and the documentation says
neither.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Tensor
from pytest_kernelbench.model.task import VALUE_FILLS
from pytest_kernelbench.strategies import elementwise


def reference(input_tensor, out=None):
    return input_tensor.i0()


# Narrow bands, because among normal(0, 30) the largest results hide every error of the others; a power series that is
# cut off after 20 or 25 terms fails in the last two.
BANDS = ("uniform(-9, -7)", "uniform(7, 9)", "uniform(18, 22)", "uniform(-32, -28)")

task = elementwise(
    reference,
    contract=Contract(values=(*VALUE_FILLS, *BANDS), inf=False, empty=True, zero_dim=True),
    workloads={"elements_64m": Case(input_tensor=Tensor((8192, 8192)))},
)
