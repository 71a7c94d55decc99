"""Standard deviation of GELU of the input over some or all dimensions, with Bessel's correction by default."""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Tensor
from pytest_kernelbench.model.task import VALUE_FILLS
from pytest_kernelbench.strategies import choice, reduction


def reference(input, dim=None, keepdim=False, correction=1, approximate="none", out=None):
    from torch.nn.functional import gelu

    return gelu(input, approximate=approximate).std(dim, correction=correction, keepdim=keepdim)


task = reduction(
    reference,
    options=lambda draw: {"correction": draw(choice(1, 0)), "approximate": draw(choice("none", "tanh"))},
    # Squared denormals are zero in float32, and not in the double that PyTorch sums in on the CPU.
    contract=Contract(values=tuple(fill for fill in VALUE_FILLS if fill != "denormals"), inf=False),
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
)
