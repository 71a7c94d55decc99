"""Smallest element along one dimension and its index, the first one where several are equal.

NaN is not tested, because the documentation does not order it.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Tensor
from pytest_kernelbench.authoring.families.contracts import WITHOUT_DENORMALS
from pytest_kernelbench.authoring.strategies import reduction


def reference(input_tensor, dim, keepdim=False):
    return tuple(input_tensor.min(dim, keepdim=keepdim))


task = reduction(
    reference,
    several=False,
    none=False,
    accumulation=lambda case: 1,
    # Masked lanes past the end of a row must not win: neither with 0, nor with inf where a row has nothing smaller.
    keywords=(
        {"input_tensor": Tensor((5, 33, 17), fill="uniform(5, 9)")},
        {"input_tensor": Tensor((5, 6, 17), fill="constant(inf)")},
        {"input_tensor": Tensor((5, 65, 33), fill="integers(-2, 3)")},
    ),
    # Denormals are left out: a GPU may flush them to zero, where all are tied.
    contract=Contract(
        values=(*WITHOUT_DENORMALS, "uniform(5, 9)"),
        nan=False,
    ),
    workloads={
        "llama_vocabulary": Case(input_tensor=Tensor((4096, 32000), "float16"), dim=-1),
        "nearest_of_1024_codes": Case(input_tensor=Tensor((65536, 1024)), dim=1),
    },
)
