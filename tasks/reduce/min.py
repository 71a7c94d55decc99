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
    # Masked lanes past the end of a row must not win where the whole row is high: they are inf, and not 1e9.
    value_cases=(
        Case(input_tensor=Tensor((6, 40), fill="highest"), dim=-1),
        Case(input_tensor=Tensor((5, 33, 7), fill="highest"), dim=1, keepdim=True),
        Case(input_tensor=Tensor((130, 3), fill="constant(3e38)"), dim=0),
    ),
    workloads={
        "llama_vocabulary": Case(input_tensor=Tensor((4096, 32000), "float16"), dim=-1),
        "nearest_of_1024_codes": Case(input_tensor=Tensor((65536, 1024)), dim=1),
    },
)
