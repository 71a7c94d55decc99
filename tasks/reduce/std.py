"""Standard deviation over some or all dimensions, with Bessel's correction by default."""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Tensor
from pytest_kernelbench.authoring.families.contracts import WITHOUT_DENORMALS
from pytest_kernelbench.authoring.strategies import choice, reduction


def reference(input, dim=None, correction=1, keepdim=False, out=None):
    return input.std(dim, correction=correction, keepdim=keepdim)


task = reduction(
    reference,
    options=lambda draw: {"correction": draw(choice(1, 0))},
    # Denormals are left out: their squares are zero in float32, but not in float64, in which PyTorch sums on the CPU.
    contract=Contract(values=WITHOUT_DENORMALS),
    keywords=({"correction": 0},),
    workloads={"llama_hidden_rows": Case(input=Tensor((8192, 4096), "float16"), dim=-1)},
)
