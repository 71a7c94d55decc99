"""Log-softmax of a matrix-vector product, then dropout that scales what it keeps by 1 / (1 - p).

`inplace` concerns the intermediate results: no argument is ever changed.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.strategies import booleans, choice, sizes, tensors


def reference(input, vec, p=0.5, training=True, inplace=False, dim=0, *, out=None):
    from torch.nn.functional import dropout

    return dropout(input.mv(vec).log_softmax(dim), p, training, inplace)


def kept(input, vec, p=0.5, training=True, inplace=False, dim=0, *, out=None):
    """Return the result without a dropped element."""
    # Eager rounds the scale to the dtype of its mask.
    scale = input.new_tensor(1 / (1 - p) if training and p < 1 else 1)
    return input.mv(vec).log_softmax(dim) * scale


def dropped(input, vec, p=0.5, training=True, inplace=False, dim=0, *, out=None):
    """Return the result of dropped elements alone."""
    return input.new_zeros(input.shape[0])


def chance(case):
    """Return the probability that an element is dropped."""
    return case.arguments.get("p", 0.5) if case.arguments.get("training", True) else 0.0


def cases(draw, given):
    n = draw(sizes(given))
    m = draw(sizes(given, 1, given.limit // n))
    return Case(
        input=draw(tensors(given, (n, m))),
        vec=draw(tensors(given, (m,), fill=small(m))),
        p=draw(choice(0.5, 0.25, 0.75, 0.0, 1.0)),
        training=draw(choice(True, True, False)),
        inplace=draw(booleans()),
        dim=draw(choice(0, -1)),
    )


def small(m):
    """Return a vector that keeps sums of `m` products near 1: nothing overflows in half precision."""
    return f"normal(0, {m**-0.5:.2g})"


def product(n, m, dtype="float32", **options):
    """Return the case of an (n, m) matrix."""
    return Case(input=Tensor((n, m), dtype), vec=Tensor((m,), dtype, small(m)), **options)


task = Task(
    reference,
    cases,
    spine=(
        product(256, 8),
        product(40, 33, training=False),
        product(129, 16, p=0.25, dim=-1),
        product(1025, 4, p=0.75, inplace=True),
        product(2049, 2),
        product(1500, 3, p=0.1, dim=-1),
        product(7, 1025, p=0.0),
        product(65, 9, p=1.0, dim=-1),
        product(3, 129, training=False, inplace=True, dim=-1),
        product(4097, 1, training=False),
        product(1, 5, p=0.0),
    ),
    contract=Contract(nan=False, inf=False, deterministic=False),
    compare="outcomes",
    outcomes=(kept, dropped),
    chance=chance,
    tf32=True,
    accumulation=lambda case: max(case.input.shape),
    workloads={"llama_2_7b_one_token": product(32000, 4096, dtype="float16")},
)
