"""Mean of `input + alpha * other` over some or all dimensions, where other is a number or a tensor that broadcasts.

`out` is written as documented; the shipped reference ignores it. Integers have a mean only in a floating `dtype`.
"""

from __future__ import annotations

from itertools import zip_longest

from pytest_kernelbench import Case, Contract, DType, Task, Tensor
from pytest_kernelbench.authoring.strategies import booleans, broadcast, choice, dim_sets, numbers, tensors
from pytest_kernelbench.authoring.strategies.families import reduced


def reference(input, other, dim=None, alpha=1, keepdim=False, dtype=None, out=None):
    return input.add(other, alpha=alpha).mean(dim, keepdim=keepdim, dtype=dtype)


def joint(left, right):
    """Return the shape to which two shapes broadcast."""
    pairs = zip_longest(reversed(left), reversed(right), fillvalue=1)
    return tuple(b if a == 1 else a for a, b in pairs)[::-1]


def cases(draw, given):
    left, right = draw(broadcast(given))
    other = draw(numbers(-2, 2)) if draw(booleans()) else draw(tensors(given, right))
    return Case(
        input=draw(tensors(given, left)),
        other=other,
        dim=draw(dim_sets(left if isinstance(other, float) else joint(left, right))),
        alpha=draw(choice(1, 0.5, -2)),
        keepdim=draw(booleans()),
        dtype=draw(choice(None, None, DType("float32"), DType("float64"))),
    )


def added(left, right, kind="float32", fill="normal", **options):
    """Return the case of two shapes."""
    return Case(input=Tensor(left, kind, fill), other=Tensor(right, kind, fill), **options)


def longest_sum(case):
    """Return the number of elements behind one mean."""
    shape = joint(case.input.shape, case.other.shape if isinstance(case.other, Tensor) else ())
    return reduced(shape, case.arguments.get("dim"))


task = Task(
    reference,
    cases,
    fixed_cases=(
        added((6, 40), (6, 40), dim=1),
        added((6, 40), (6, 40)),
        added((7, 129), (129,), dim=-1, alpha=2),
        added((3, 1025), (3, 1025), dim=1, keepdim=True, alpha=-0.5),
        added((5, 6, 7), (6, 1), dim=1),
        added((5, 1, 7), (4, 1), dim=(0, 2), alpha=0.25),
        added((17,), (2, 3, 17), dim=-3, keepdim=True),
        added((2, 3, 4, 33), (2, 3, 4, 33), dim=(-1, 1), keepdim=True, alpha=-1),
        added((2049, 2), (1,), dim=0),
        Case(input=Tensor((33, 5)), other=0.5, dim=None, keepdim=True),
        Case(input=Tensor((3, 127)), other=-1.5, dim=-1, alpha=3),
        added((), (), dim=None),
        added((0, 5), (5,), dim=1),
        added((7, 129), (7, 129), dim=-1, dtype=DType("float32")),
        added((7, 129), (7, 129), dim=0, dtype=DType("float64")),
        added((5, 40), (40,), "int64", "integers(-50, 50)", dim=-1, alpha=3, dtype=DType("float32")),
        added((5, 40), (5, 40), "complex64", dim=0),
    ),
    contract=Contract(zero_dim=True),
    accumulation=longest_sum,
    workloads={
        "llama_7b_residual_rows": added((8192, 4096), (8192, 4096), "float16", dim=-1),
        "vit_large_tokens": added((256, 577, 1024), (577, 1024), "float16", dim=1),
    },
    aliases=("add_mean",),
)
