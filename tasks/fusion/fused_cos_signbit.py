"""Cosine and its sign bit, element by element.

NaN and infinities are outside the contract: the cosine is NaN, and its sign differs between machines.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Tensor
from pytest_kernelbench.strategies import elementwise


def reference(input):
    cosine = input.cos()
    return cosine, cosine.signbit()


task = elementwise(
    reference,
    contract=Contract(nan=False, inf=False, empty=True, zero_dim=True),
    # Angles of several turns, without which hardly any cosine is negative.
    keywords=({"input": Tensor((3, 127), fill="uniform(-20, 20)")},),
    workloads={"elements_64m": Case(input=Tensor((8192, 8192), fill="uniform(-20, 20)"))},
)
