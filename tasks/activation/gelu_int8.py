"""Gaussian error linear unit of int8 tensors, x * Phi(x), converted back to int8.

The documentation has no scale, so the integers are the values. It does not say how results become integers: all must be
truncated towards zero, as torch converts, or all rounded to the nearest, which is ReLU. Where the float32 result may
reach the next integer, either is accepted. The tanh approximation and the exact formula give the same integers.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Tensor
from pytest_kernelbench.authoring.families.gelu import gelu
from pytest_kernelbench.authoring.quantisation import Pipeline

CLOSE = 2.0**-22
"""Relative error of the formula in float32."""


def reference(input, approximate="none"):
    import torch

    return torch.nn.functional.gelu(input.float(), approximate=approximate).to(torch.int8)


def pipelines(input, approximate="none"):
    import torch

    exact = torch.nn.functional.gelu(input.double(), approximate=approximate)
    for name, convert in {"truncated": torch.trunc, "to nearest": torch.round}.items():
        # Where this formula gives the input itself, so does every other way to compute it.
        close = CLOSE * (exact != input)
        one, other = convert(exact * (1 - close)), convert(exact * (1 + close))
        yield Pipeline(name, (one + other) / 2, (one - other).abs() / 2)


task = gelu(
    reference,
    dtypes=("int8",),
    contract=Contract(values=("integers(-128, 128)", "integers(-6, 7)", "constant(1)"), empty=True, zero_dim=True),
    compare="quantised",
    pipelines=pipelines,
    workloads={
        "bert_large_feed_forward": Case(input=Tensor((16, 512, 4096), "int8")),
        "gpt2_xl_feed_forward": Case(input=Tensor((32, 1024, 6400), "int8"), approximate="tanh"),
    },
)
