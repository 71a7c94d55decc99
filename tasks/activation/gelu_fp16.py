"""Gaussian error linear unit of float16 tensors, x * Phi(x), exact or with the tanh approximation.

Infinities are not tested: at -inf the limit is 0 and the formula gives NaN, and the documentation specifies neither.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.gelu import gelu


def reference(input, approximate="none"):
    import torch

    return torch.nn.functional.gelu(input, approximate=approximate)


task = gelu(
    reference,
    dtypes=("float16",),
    workloads={
        "bert_large_feed_forward": Case(input=Tensor((16, 512, 4096), "float16")),
        "gpt2_xl_feed_forward": Case(input=Tensor((8, 1024, 6400), "float16"), approximate="tanh"),
    },
)
