"""Smallest element along one dimension and its index, the first one where several are as small.

NaN is outside the contract, because the documentation does not order it.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Tensor
from pytest_kernelbench.model.task import VALUE_FILLS
from pytest_kernelbench.strategies import reduction


def reference(input_tensor, dim, keepdim=False):
    return tuple(input_tensor.min(dim, keepdim=keepdim))


task = reduction(
    reference,
    several=False,
    none=False,
    accumulation=lambda case: 1,
    # Lanes past the end of a row must not win: padded with 0, or with inf where the row has nothing smaller.
    keywords=(
        {"input_tensor": Tensor((5, 33, 17), fill="uniform(5, 9)")},
        {"input_tensor": Tensor((5, 6, 17), fill="constant(inf)")},
        {"input_tensor": Tensor((5, 65, 33), fill="integers(-2, 3)")},
    ),
    # Without denormals: a GPU may flush them to zero, and then they are all tied.
    contract=Contract(
        values=(*(fill for fill in VALUE_FILLS if fill != "denormals"), "uniform(5, 9)"),
        nan=False,
    ),
    workloads={
        "llama_vocabulary": Case(input_tensor=Tensor((4096, 32000), "float16"), dim=-1),
        "nearest_of_1024_codes": Case(input_tensor=Tensor((65536, 1024)), dim=1),
    },
)
