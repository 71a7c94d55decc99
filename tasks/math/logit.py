"""Logarithm of the odds, log(x / (1 - x)), element by element; with eps, x is clamped to [eps, 1 - eps] first.

Without eps the result is -inf at 0, inf at 1 and NaN outside [0, 1].
"""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.contracts import any_shape
from pytest_kernelbench.authoring.strategies import choice, elementwise

ORDINARY = "uniform(0.01, 0.99)"


def reference(input, eps=None, out=None):
    return input.logit(eps)


task = elementwise(
    reference,
    fill=ORDINARY,
    # Denormals are left out: a GPU may flush them to zero, where the result is -inf.
    contract=any_shape(
        "normal(0, 1)", "uniform(-0.5, 1.5)", "uniform(0.001, 0.01)", "uniform(0.9, 1)", denormals=False
    ),
    options=lambda draw: {"eps": draw(choice(None, 0.001, 0.0625, 0.25))},
    keywords=({"eps": 0.125}, {"eps": 0.001, "input": Tensor((1023,), fill="uniform(-0.5, 1.5)")}),
    workloads={"elements_64m": Case(input=Tensor((8192, 8192), fill=ORDINARY), eps=1e-6)},
)
