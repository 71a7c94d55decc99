"""sqrt(max(0, x)), element by element; NaN stays NaN.

The documentation does not say whether `inplace` leaves the rectified values or their roots in the input, so the input
is not compared.

The result has the dtype of the input; the shipped reference gives float32 for half precision.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.contracts import any_shape
from pytest_kernelbench.authoring.strategies import booleans, elementwise


def reference(input, inplace=False, out=None):
    return (input.relu_() if inplace else input.relu()).sqrt()


task = elementwise(
    reference,
    # Denormals are left out: a GPU may flush them to zero, and their roots are ordinary numbers.
    contract=any_shape(denormals=False),
    options=lambda draw: {"inplace": draw(booleans())},
    keywords=({"inplace": True},),
    scratch=lambda case: ("input",) if case.arguments.get("inplace") else (),
    workloads={
        "resnet50_stage1": Case(input=Tensor((64, 256, 56, 56), "float16")),
        "resnet50_stage1_inplace": Case(input=Tensor((64, 256, 56, 56), "float16"), inplace=True),
    },
    aliases=("relu_sqrt",),
)
