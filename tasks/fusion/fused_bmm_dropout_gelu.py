"""Batched matrix product, then dropout that scales what it keeps by 1 / (1 - p), then GELU.

`inplace` concerns the intermediate product: no argument is ever changed.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.strategies import booleans, choice, integers, sizes, tensors

MOST = 30_000
"""Products of one drawn case."""


def reference(input1, input2, p=0.5, training=True, inplace=False, approximate="none", *, out=None):
    from torch.nn.functional import dropout, gelu

    return gelu(dropout(input1.bmm(input2), p, training, inplace), approximate=approximate)


def kept(input1, input2, p=0.5, training=True, inplace=False, approximate="none", *, out=None):
    """Return the result without a dropped element."""
    from torch.nn.functional import gelu

    # Eager rounds the scale to the dtype of its mask.
    scale = input1.new_tensor(1 / (1 - p) if training and p < 1 else 1)
    return gelu(input1.bmm(input2) * scale, approximate=approximate)


def dropped(input1, input2, p=0.5, training=True, inplace=False, approximate="none", *, out=None):
    """Return the result of dropped elements alone: GELU of 0 is 0."""
    return input1.new_zeros(*input1.shape[:2], input2.shape[2])


def chance(case):
    """Return the probability that an element is dropped."""
    return case.arguments.get("p", 0.5) if case.arguments.get("training", True) else 0.0


def cases(draw, given):
    batch = draw(integers(1, 3))
    n = draw(sizes(given, 1, 130))
    p = draw(sizes(given, 1, min(130, given.limit // n)))
    m = draw(sizes(given, 1, max(1, min(given.limit // max(n, p), MOST // (batch * n * p)))))
    return Case(
        input1=draw(tensors(given, (batch, n, m))),
        input2=draw(tensors(given, (batch, m, p), fill=small(m))),
        p=draw(choice(0.5, 0.25, 0.75, 0.0, 1.0)),
        training=draw(choice(True, True, False)),
        inplace=draw(booleans()),
        approximate=draw(choice("none", "tanh")),
    )


def small(m):
    """Return a second factor that keeps sums of `m` products near the first: nothing overflows in half precision."""
    return f"normal(0, {m**-0.5:.2g})"


def product(batch, n, m, p_columns, dtype="float32", **options):
    """Return the case of `batch` products (n, m) by (m, p_columns)."""
    return Case(input1=Tensor((batch, n, m), dtype), input2=Tensor((batch, m, p_columns), dtype, small(m)), **options)


task = Task(
    reference,
    cases,
    spine=(
        product(2, 16, 8, 32),
        product(2, 16, 8, 24, training=False),
        product(3, 7, 5, 9, p=0.0, approximate="tanh"),
        product(2, 9, 4, 7, p=1.0),
        product(1, 33, 17, 65, p=0.25),
        product(2, 65, 3, 33, p=0.75, approximate="tanh", inplace=True),
        product(1, 129, 4, 31, p=0.1),
        product(3, 5, 129, 7, training=False, approximate="tanh"),
        product(2, 3, 1025, 2, p=0.0, inplace=True),
        product(1, 1, 3, 1025),
        product(1, 1, 1, 1, training=False),
    ),
    contract=Contract(nan=False, inf=False, deterministic=False),
    compare="outcomes",
    outcomes=(kept, dropped),
    chance=chance,
    tf32=True,
    accumulation=lambda case: case.input1.shape[-1],
    workloads={"mixtral_8_experts": product(8, 1024, 4096, 14336, dtype="float16", p=0.1)},
)
