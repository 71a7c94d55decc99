"""Standard deviation over some or all dimensions, with Bessel's correction by default."""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Tensor
from pytest_kernelbench.model.task import VALUE_FILLS
from pytest_kernelbench.strategies import choice, reduction


def reference(input, dim=None, correction=1, keepdim=False, out=None):
    return input.std(dim, correction=correction, keepdim=keepdim)


task = reduction(
    reference,
    options=lambda draw: {"correction": draw(choice(1, 0))},
    # Squared denormals are zero in float32, and not in the double that PyTorch sums in on the CPU.
    contract=Contract(values=tuple(fill for fill in VALUE_FILLS if fill != "denormals")),
    keywords=({"correction": 0},),
    workloads={"llama_hidden_rows": Case(input=Tensor((8192, 4096), "float16"), dim=-1)},
)
