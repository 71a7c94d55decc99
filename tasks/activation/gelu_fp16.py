"""Gaussian error linear unit, x * Phi(x), exact or with the tanh approximation, from float16 to float16.

Infinities are outside the contract: the limit at -inf is 0, the formula gives NaN, and the documentation says neither.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Tensor
from pytest_kernelbench.strategies import choice, elementwise


def reference(input, approximate="none"):
    import torch

    return torch.nn.functional.gelu(input, approximate=approximate)


task = elementwise(
    reference,
    dtypes=("float16",),
    contract=Contract(inf=False, empty=True, zero_dim=True),
    options=lambda draw: {"approximate": draw(choice("none", "tanh"))},
    # The second is the longest case, on which the facet `values` tries every fill: a tanh made of exp overflows there.
    keywords=({"approximate": "tanh"}, {"approximate": "tanh", "input": Tensor((1027,), "float16")}),
    workloads={
        "bert_large_feed_forward": Case(input=Tensor((16, 512, 4096), "float16")),
        "gpt2_xl_feed_forward": Case(input=Tensor((8, 1024, 6400), "float16"), approximate="tanh"),
    },
)
