"""Standard deviation of GELU of the input over some or all dimensions, with Bessel's correction by default."""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Tensor
from pytest_kernelbench.authoring.families.contracts import WITHOUT_DENORMALS
from pytest_kernelbench.authoring.strategies import choice, reduction


def reference(input, dim=None, keepdim=False, correction=1, approximate="none", out=None):
    from torch.nn.functional import gelu

    return gelu(input, approximate=approximate).std(dim, correction=correction, keepdim=keepdim)


task = reduction(
    reference,
    options=lambda draw: {"correction": draw(choice(1, 0)), "approximate": draw(choice("none", "tanh"))},
    # Denormals are left out: their squares are zero in float32, but not in float64, in which PyTorch sums on the CPU.
    contract=Contract(values=WITHOUT_DENORMALS, inf=False),
    keywords=(
        {"approximate": "tanh"},
        {"correction": 0},
        {"correction": 2},
        {"input": Tensor((3, 1025)), "dim": -1, "approximate": "tanh"},
    ),
    workloads={
        "bert_large_feed_forward": Case(input=Tensor((16, 512, 4096), "float16"), dim=-1),
        "gpt2_xl_feed_forward": Case(input=Tensor((8, 1024, 6400), "float16"), dim=-1, approximate="tanh"),
    },
    aliases=("gelu_std",),
)
