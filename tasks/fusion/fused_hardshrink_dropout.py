"""Dropout that scales what it keeps by 1 / (1 - p), then hard shrinkage: 0 where |x| <= lambd, else x.

With `inplace` the input holds what dropout made of it afterwards; without, it is unchanged. Where hard shrinkage jumps,
rounding decides: a scale that rounds comes with whole numbers, which stay clear of lambd.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.strategies import booleans, choice, shapes, tensors

WHOLE = "integers(-3, 4)"


def reference(input, p=0.5, training=True, inplace=False, lambd=0.5):
    from torch.nn.functional import dropout, hardshrink

    return hardshrink(dropout(input, p, training, inplace), lambd)


def kept(input, p=0.5, training=True, inplace=False, lambd=0.5):
    """Return the result without a dropped element, which the input then shows if in place."""
    from torch.nn.functional import hardshrink

    # Eager rounds the scale to the dtype of its mask.
    scale = input.new_tensor(1 / (1 - p) if training and p < 1 else 1)
    return hardshrink(input.mul_(scale) if inplace else input * scale, lambd)


def dropped(input, p=0.5, training=True, inplace=False, lambd=0.5):
    """Return the result of dropped elements alone, which the input then shows if in place."""
    return input.zero_().clone() if inplace else input.new_zeros(input.shape)


def chance(case):
    """Return the probability that an element is dropped."""
    return case.arguments.get("p", 0.5) if case.arguments.get("training", True) else 0.0


def cases(draw, given):
    exact = draw(booleans())
    return Case(
        input=draw(tensors(given, draw(shapes(given, 1, 4)), fill=None if exact else WHOLE)),
        p=draw(choice(0.5, 0.75, 0.0, 1.0)) if exact else draw(choice(0.25, 0.3, 0.6)),
        training=draw(choice(True, True, False)),
        inplace=draw(booleans()),
        lambd=draw(choice(0.5, 1.0, 0.0, 2.0)) if exact else draw(choice(0.5, 1.7, 0.0)),
    )


def shrunk(*shape, fill="normal", dtype="float32", **options):
    """Return the case of one shape."""
    return Case(input=Tensor(shape, dtype, fill), **options)


task = Task(
    reference,
    cases,
    spine=(
        shrunk(32, 32),
        shrunk(32, 33, training=False),
        shrunk(129, lambd=1.0),
        shrunk(3, 1025, p=0.75, lambd=2.0),
        shrunk(4, 300, p=0.25, fill=WHOLE),
        shrunk(3, 7, 41, p=0.0, lambd=1.0),
        shrunk(5, 7, p=1.0),
        shrunk(2, 3, 5, 65, inplace=True),
        shrunk(40, 31, p=0.75, inplace=True, lambd=1.0),
        shrunk(9, 17, p=1.0, inplace=True),
        shrunk(33, 7, training=False, inplace=True, lambd=0.25),
        shrunk(4099, lambd=0.0),
        shrunk(1, training=False),
    ),
    contract=Contract(nan=False, inf=False, zero_dim=True, empty=True, deterministic=False),
    compare="outcomes",
    outcomes=(kept, dropped),
    chance=chance,
    mutates=("input",),
    workloads={"elements_64m": shrunk(8192, 8192, dtype="float16")},
)
