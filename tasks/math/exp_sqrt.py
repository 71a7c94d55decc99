"""Square root of the exponential, sqrt(exp(x)), element by element.

Above about 88 exp(x) leaves float32 while exp(x / 2) does not: both are accepted, as eager overflows there itself.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Tensor
from pytest_kernelbench.model.task import VALUE_FILLS
from pytest_kernelbench.strategies import elementwise


def reference(input, out=None):
    return input.exp().sqrt()


task = elementwise(
    reference,
    contract=Contract(values=(*VALUE_FILLS, "uniform(-20, -10)", "uniform(10, 20)"), empty=True, zero_dim=True),
    workloads={"elements_64m": Case(input=Tensor((8192, 8192)))},
)
