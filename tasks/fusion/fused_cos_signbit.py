"""The pair (cos(x), signbit(cos(x))), element by element.

NaN and infinities are not tested: the cosine is NaN, and its sign differs between machines.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Tensor
from pytest_kernelbench.authoring.strategies import elementwise


def reference(input):
    cosine = input.cos()
    return cosine, cosine.signbit()


task = elementwise(
    reference,
    contract=Contract(nan=False, inf=False, empty=True, zero_dim=True),
    # Angles of several turns: with ordinary ones hardly any cosine is negative.
    keywords=({"input": Tensor((3, 127), fill="uniform(-20, 20)")},),
    workloads={"elements_64m": Case(input=Tensor((8192, 8192), fill="uniform(-20, 20)"))},
    aliases=("cos_signbit",),
)
