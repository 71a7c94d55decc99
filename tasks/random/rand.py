"""Uniform random numbers in [0, 1); only their distribution is compared.

Two generators in the same state must give the same numbers, and other states other numbers. PyTorch does not document
how fine the numbers are; here they are as fine as the fraction bits of the dtype.

The shipped test compares with the numbers of PyTorch's own generator.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, DType, Generator, Task
from pytest_kernelbench.authoring.strategies import booleans, choice, integers, shapes


def reference(
    *size,
    generator=None,
    out=None,
    dtype=None,
    layout=None,  # for torch.strided, which needs an import of torch
    device=None,
    requires_grad=False,
    pin_memory=False,
):
    import torch

    return torch.rand(
        *size,
        generator=generator,
        dtype=dtype,
        layout=layout,
        device=device,
        requires_grad=requires_grad,
        pin_memory=pin_memory,
    )


def cases(draw, given):
    dtype = DType(given.dtype)
    seeded = {"generator": Generator(draw(integers(0, 2**31)))} if draw(booleans()) else {}
    return Case(
        size=draw(shapes(given, 1, 4)),
        dtype=draw(choice(None, dtype)) if given.dtype == "float32" else dtype,
        **seeded,
        requires_grad=draw(booleans()),
    )


task = Task(
    reference,
    cases,
    fixed_cases=(
        Case(size=(64, 100)),
        Case(size=(1,)),
        Case(size=(129,)),
        Case(size=(1025,)),
        Case(size=(3, 127)),
        Case(size=(2, 3, 4, 33)),
        Case(size=(257, 129)),
        Case(size=(4099,), dtype=DType("float32")),
        Case(size=(63, 65), dtype=DType("float16")),
        Case(size=(63, 65), dtype=DType("bfloat16")),
        Case(size=(3, 0)),
        Case(size=(17, 31), generator=Generator(7)),
        Case(size=(129,), dtype=DType("float16"), generator=Generator(11), requires_grad=True),
        Case(size=(5, 40), requires_grad=True),
    ),
    large=(Case(size=(70_001,)),),
    contract=Contract(nan=False, inf=False, empty=True, deterministic=False),
    compare="random",
    workloads={
        "elements_64m": Case(size=(8192, 8192)),
        "bert_large_dropout": Case(size=(16, 512, 4096), dtype=DType("float16")),
    },
)
