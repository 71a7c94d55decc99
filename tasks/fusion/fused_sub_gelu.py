"""GELU of `input - alpha * other`, where other is a number or a tensor that broadcasts.

As documented, GELU is x * Phi(x); the exact form of the shipped reference lacks the factor x / 2. Infinities are not
tested.
"""

from __future__ import annotations

from pytest_kernelbench.authoring.families.gelu import gelu_of_two, operands


def reference(input, other, alpha=1, approximate="none", out=None):
    from torch.nn.functional import gelu

    return gelu(input.sub(other, alpha=alpha), approximate=approximate)


task = gelu_of_two(
    reference,
    sign=-1,
    workloads={
        "bert_base_feed_forward": operands((16384, 3072), (3072,), "float16"),
        "gpt2_xl_feed_forward": operands((8192, 6400), (8192, 6400), "float16", approximate="tanh"),
    },
    aliases=("sub_gelu",),
)
