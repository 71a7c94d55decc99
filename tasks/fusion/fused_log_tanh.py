"""tanh(log(x)), element by element, of positive input.

The shipped test compares the text of an error; no error is tested here.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.contracts import domain
from pytest_kernelbench.authoring.strategies import elementwise

ORDINARY = "uniform(0.1, 5)"


def reference(input, out=None):
    return input.log().tanh()


task = elementwise(
    reference,
    fill=ORDINARY,
    contract=domain(
        "uniform(0.0001, 0.01)",
        "uniform(0.9, 1.1)",
        "uniform(0.1, 100)",
        "normal(1000, 0.1)",
        "constant(1)",
        "integers(1, 5)",
    ),
    workloads={"elements_64m": Case(input=Tensor((8192, 8192), fill=ORDINARY))},
    aliases=("log_tanh",),
)
