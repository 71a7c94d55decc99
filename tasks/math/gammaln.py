"""log(|gamma(x)|), element by element.

Zero and the negative integers, where the function has poles, are not tested: the documentation gives them no value. No
fill lies wholly between 0.5 and 2.5, where the result is small and the formulas of Stirling and Lanczos cancel.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.contracts import domain
from pytest_kernelbench.authoring.strategies import elementwise

ORDINARY = "uniform(0.05, 20)"
NEGATIVE = ("uniform(-7.9, -7.1)", "uniform(-12.9, -12.1)")
"""Intervals without an integer, even when their ends are rounded to bfloat16."""


def reference(input, out=None):
    import torch

    return torch.special.gammaln(input)


task = elementwise(
    reference,
    fill=ORDINARY,
    contract=domain(
        *NEGATIVE,
        "uniform(0.0001, 0.01)",
        "uniform(3, 6)",
        "normal(1000, 0.1)",
        "constant(7)",
        "integers(1, 200)",
    ),
    keywords=({"input": Tensor((65,), fill=NEGATIVE[0])}, {"input": Tensor((33,), fill="integers(1, 30)")}),
    workloads={"negative_binomial_counts": Case(input=Tensor((65536, 1000), fill=ORDINARY))},
)
