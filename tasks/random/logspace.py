"""base ** exponent for `steps` evenly spaced exponents from `start` to `end`, both included.

Start and end are numbers or tensors without dimensions; the base is positive.
"""

from __future__ import annotations

import math

from pytest_kernelbench import Case, Contract, DType, Task, Tensor
from pytest_kernelbench.authoring.strategies import choice, numbers, sizes, tensors


def reference(
    start,
    end,
    steps,
    base=10.0,
    dtype=None,
    layout=None,  # for torch.strided, which needs an import of torch
    device=None,
    requires_grad=False,
):
    import torch

    return torch.logspace(
        start, end, steps, base=base, dtype=dtype, layout=layout, device=device, requires_grad=requires_grad
    )


def cases(draw, given):
    dtype = DType(given.dtype)
    ends = [
        draw(tensors(given, (), "float32", "uniform(-3, 3)")) if draw(choice(False, False, True)) else draw(exponent)
        for exponent in (numbers(-3.0, 3.0), numbers(-3.0, 3.0) | choice(0, 2))
    ]
    return Case(
        start=ends[0],
        end=ends[1],
        steps=draw(sizes(given, 1)),
        base=draw(choice(10.0, 2.0, 2.718281828, 0.5, 1.0, 7)),
        dtype=draw(choice(None, dtype)) if given.dtype == "float32" else dtype,
    )


def rounded_exponents(case):
    """Return a length that allows for rounded exponents: one rounding of an exponent changes the result by as many
    roundings as the exponent is large."""
    ends = [3.0 if isinstance(end, Tensor) else abs(end) for end in (case.start, case.end)]
    return math.ceil(1 + 2 * max(ends) * abs(math.log(case.arguments.get("base", 10.0)))) ** 2


task = Task(
    reference,
    cases,
    fixed_cases=(
        Case(start=0.0, end=2.0, steps=50),
        Case(start=-3, end=3, steps=1),
        Case(start=-1.5, end=2.5, steps=2, base=2.0),
        Case(start=3.0, end=-3.0, steps=129),
        Case(start=-3.0, end=4.0, steps=1025, base=2.0, dtype=DType("float32")),
        Case(start=1.0, end=1.0, steps=7, base=0.5),
        Case(start=-2.0, end=3.0, steps=2049, base=2.718281828),
        Case(start=-1.0, end=1.5, steps=33, base=1.0),
        Case(
            start=Tensor((), fill="uniform(-2, 0)"),
            end=Tensor((), fill="uniform(1, 3)"),
            steps=65,
            dtype=DType("float32"),
        ),
        Case(start=Tensor((), fill="uniform(-2, 0)"), end=2, steps=17, base=3, dtype=DType("float32")),
        Case(start=-2.0, end=3.0, steps=127, dtype=DType("float16")),
        Case(start=-3.0, end=3.0, steps=127, base=2.0, dtype=DType("bfloat16")),
        Case(start=-3.0, end=3.0, steps=127, dtype=DType("float64")),
        Case(start=0.0, end=1.0, steps=0),
        Case(start=-2.0, end=2.0, steps=4099),
    ),
    large=(Case(start=-2.0, end=2.0, steps=70_001),),
    contract=Contract(nan=False, inf=False, empty=True),
    accumulation=rounded_exponents,
    workloads={
        "elements_64m": Case(start=-3.0, end=3.0, steps=1 << 26),
        "elements_64m_half": Case(start=-3.0, end=3.0, steps=1 << 26, base=2.0, dtype=DType("float16")),
    },
)
