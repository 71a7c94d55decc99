"""Logarithm of the absolute value of the gamma function, element by element.

Zero and the negative integers, where the function has poles, are outside the contract: the documentation gives them no
value. No fill lies between 0.5 and 2.5 alone, where the result is small: the formulas of Stirling and of Lanczos take
differences of larger numbers there.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Tensor
from pytest_kernelbench.strategies import elementwise

ORDINARY = "uniform(0.05, 20)"
NEGATIVE = ("uniform(-7.9, -7.1)", "uniform(-12.9, -12.1)")
"""Intervals without an integer, even when their ends are rounded to bfloat16."""


def reference(input, out=None):
    import torch

    return torch.special.gammaln(input)


task = elementwise(
    reference,
    fill=ORDINARY,
    contract=Contract(
        values=(
            *NEGATIVE,
            "uniform(0.0001, 0.01)",
            "uniform(3, 6)",
            "normal(1000, 0.1)",
            "constant(7)",
            "integers(1, 200)",
        ),
        nan=False,
        inf=False,
        empty=True,
        zero_dim=True,
    ),
    keywords=({"input": Tensor((65,), fill=NEGATIVE[0])}, {"input": Tensor((33,), fill="integers(1, 30)")}),
    workloads={"negative_binomial_counts": Case(input=Tensor((65536, 1000), fill=ORDINARY))},
)
