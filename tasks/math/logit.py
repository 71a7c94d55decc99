"""Logarithm of the odds, log(x / (1 - x)), of x clamped to [eps, 1 - eps] where eps is given.

Without eps the result is -inf at 0, inf at 1 and NaN outside of [0, 1].
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Tensor
from pytest_kernelbench.model.task import VALUE_FILLS
from pytest_kernelbench.strategies import choice, elementwise

ORDINARY = "uniform(0.01, 0.99)"


def reference(input, eps=None, out=None):
    return input.logit(eps)


task = elementwise(
    reference,
    fill=ORDINARY,
    # Without denormals: a GPU may flush them to zero, and then the result is -inf.
    contract=Contract(
        values=(
            *(fill for fill in VALUE_FILLS if fill != "denormals"),
            "normal(0, 1)",
            "uniform(-0.5, 1.5)",
            "uniform(0.001, 0.01)",
            "uniform(0.9, 1)",
        ),
        empty=True,
        zero_dim=True,
    ),
    options=lambda draw: {"eps": draw(choice(None, 0.001, 0.0625, 0.25))},
    keywords=({"eps": 0.125}, {"eps": 0.001, "input": Tensor((1023,), fill="uniform(-0.5, 1.5)")}),
    workloads={"elements_64m": Case(input=Tensor((8192, 8192), fill=ORDINARY), eps=1e-6)},
)
