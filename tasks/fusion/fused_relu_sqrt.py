"""Square root of the rectified input, sqrt(max(0, x)), element by element; NaN stays NaN.

What `inplace` leaves in the input, the rectified values or their roots, is not documented and not looked at.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Tensor
from pytest_kernelbench.model.task import VALUE_FILLS
from pytest_kernelbench.strategies import booleans, elementwise


def reference(input, inplace=False, out=None):
    return (input.relu_() if inplace else input.relu()).sqrt()


task = elementwise(
    reference,
    # Without denormals: a GPU may flush them to zero, and their roots are ordinary numbers.
    contract=Contract(
        values=tuple(fill for fill in VALUE_FILLS if fill != "denormals"),
        empty=True,
        zero_dim=True,
    ),
    options=lambda draw: {"inplace": draw(booleans())},
    keywords=({"inplace": True},),
    scratch=lambda case: ("input",) if case.arguments.get("inplace") else (),
    workloads={
        "resnet50_stage1": Case(input=Tensor((64, 256, 56, 56), "float16")),
        "resnet50_stage1_inplace": Case(input=Tensor((64, 256, 56, 56), "float16"), inplace=True),
    },
)
