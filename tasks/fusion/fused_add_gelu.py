"""GELU of `input + alpha * other`, where other is a number or a tensor that broadcasts.

`out` is written as documented; the shipped reference ignores it. Infinities are not tested.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.gelu import gelu_of_two, operands


def reference(input, other, alpha=1, approximate="none", out=None):
    from torch.nn.functional import gelu

    return gelu(input.add(other, alpha=alpha), approximate=approximate)


task = gelu_of_two(
    reference,
    sign=1,
    special=(operands((), (1, 3), alpha=0.5), Case(input=Tensor((0,)), other=0.5)),
    workloads={"bert_base_feed_forward": operands((16384, 3072), (3072,), "float16")},
    aliases=("add_gelu",),
)
