"""Sum over some or all dimensions; the input is cast to `dtype` first, where it is given."""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, DType, Tensor
from pytest_kernelbench.authoring.strategies import choice, reduction


def reference(input, dim, keepdim=False, dtype=None):
    return input.sum(dim, keepdim=keepdim, dtype=dtype)


task = reduction(
    reference,
    contract=Contract(empty=True, zero_dim=True),
    options=lambda draw: {"dtype": draw(choice(None, None, DType("float32")))},
    keywords=(
        {"dtype": DType("float32")},
        {"input": Tensor((0, 3)), "dim": 0},
        {"input": Tensor((2, 0, 3)), "dim": -1, "keepdim": True},
        {"input": Tensor(()), "dim": -1},
    ),
    workloads={
        "llama_hidden_rows": Case(input=Tensor((8192, 4096), "float16"), dim=-1),
        "llama_bias_gradient": Case(input=Tensor((16384, 4096), "float16"), dim=0),
    },
)
