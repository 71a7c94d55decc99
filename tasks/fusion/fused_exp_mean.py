"""Mean of exp(input) over some or all dimensions; the input is cast to `dtype` first, where it is given.

`dtype` and `out` are used as documented; the shipped reference ignores both.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, DType, Tensor
from pytest_kernelbench.authoring.strategies import choice, reduction


def reference(input, dim=None, keepdim=False, dtype=None, out=None):
    return input.to(dtype or input.dtype).exp().mean(dim, keepdim=keepdim)


task = reduction(
    reference,
    contract=Contract(zero_dim=True),
    options=lambda draw: {"dtype": draw(choice(None, None, DType("float32"), DType("float64")))},
    keywords=(
        {"dtype": DType("float32")},
        {"dtype": DType("float64")},
        {"input": Tensor((3, 127)), "dim": None, "keepdim": True},
        {"input": Tensor(()), "dim": None},
        {"input": Tensor((0, 5)), "dim": 1},
    ),
    workloads={
        "gpt2_vocabulary": Case(input=Tensor((4096, 50257), "float16"), dim=-1),
        "elements_64m": Case(input=Tensor((8192, 8192))),
    },
    aliases=("exp_mean",),
)
