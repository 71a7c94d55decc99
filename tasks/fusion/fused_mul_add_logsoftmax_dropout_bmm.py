"""Log-softmax of input1 * input2 + other, dropout that scales what it keeps by 1 / (1 - p), then a batched product.

The product mixes what was dropped. So chance is tested where one element stands behind each result, a product of
(n, 1) by (1, 1) matrices; elsewhere all or nothing is dropped. `inplace` concerns the intermediate results.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.strategies import booleans, choice, dims, integers, sizes, tensors

MOST = 30_000
"""Products of one drawn case."""

FACTOR = "normal(0, 1)"
"""Fill of the second factor, which no facet replaces: products of two large numbers overflow in half precision."""


def reference(input1, input2, other, mat2, p=0.5, training=True, inplace=False, dim=-1, *, out=None):
    from torch.nn.functional import dropout

    return dropout((input1 * input2 + other).log_softmax(dim), p, training, inplace).bmm(mat2)


def kept(input1, input2, other, mat2, p=0.5, training=True, inplace=False, dim=-1, *, out=None):
    """Return the result without a dropped element."""
    # Eager rounds the scale to the dtype of its mask.
    scale = input1.new_tensor(1 / (1 - p) if training and p < 1 else 1)
    return ((input1 * input2 + other).log_softmax(dim) * scale).bmm(mat2)


def dropped(input1, input2, other, mat2, p=0.5, training=True, inplace=False, dim=-1, *, out=None):
    """Return the result of dropped elements alone."""
    return input1.new_zeros(*input1.shape[:2], mat2.shape[2])


def chance(case):
    """Return the probability that an element is dropped."""
    return case.arguments.get("p", 0.5) if case.arguments.get("training", True) else 0.0


def cases(draw, given):
    alone = draw(booleans())
    batch = draw(integers(1, 3))
    n = draw(sizes(given, 1, given.limit // batch if alone else 130))
    k = 1 if alone else draw(sizes(given, 1, max(1, given.limit // (batch * n))))
    columns = 1 if alone else draw(sizes(given, 1, max(1, min(33, MOST // (batch * n * k)))))
    return Case(
        input1=draw(tensors(given, (batch, n, k))),
        input2=draw(tensors(given, (batch, n, k), fill=FACTOR)),
        other=draw(tensors(given, (batch, n, k))),
        mat2=draw(tensors(given, (batch, k, columns), fill=small(k))),
        p=draw(choice(0.5, 0.25, 0.75) if alone else choice(0.0, 1.0)),
        training=draw(choice(True, True, False)),
        inplace=draw(booleans()),
        dim=draw(choice(1, -2) if alone else dims((batch, n, k))),
    )


def small(k):
    """Return a last factor that keeps sums of `k` products near the first: nothing overflows in half precision."""
    return f"normal(0, {k**-0.5:.2g})"


def product(batch, n, k, columns, dtype="float32", **options):
    """Return the case of `batch` products (n, k) by (k, columns)."""
    return Case(
        input1=Tensor((batch, n, k), dtype),
        input2=Tensor((batch, n, k), dtype, FACTOR),
        other=Tensor((batch, n, k), dtype),
        mat2=Tensor((batch, k, columns), dtype, small(k)),
        **options,
    )


task = Task(
    reference,
    cases,
    spine=(
        product(2, 16, 12, 8, training=False),
        product(2, 16, 12, 8, p=1.0),
        product(3, 7, 5, 9, p=0.0, dim=1, inplace=True),
        product(1, 500, 1, 1, dim=1),
        product(3, 129, 1, 1, p=0.25, dim=-2),
        product(2, 257, 1, 1, p=0.75, dim=0, inplace=True),
        product(1, 33, 65, 17, training=False, dim=-2),
        product(5, 6, 7, 4, p=0.0, dim=0),
        product(5, 3, 8, 4, training=False, dim=-3, inplace=True),
        product(1, 3, 1025, 5, p=0.0, dim=2),
        product(2, 129, 6, 33, training=False),
        product(1, 1, 1, 1, p=0.0),
    ),
    contract=Contract(nan=False, inf=False, deterministic=False),
    compare="outcomes",
    outcomes=(kept, dropped),
    chance=chance,
    tf32=True,
    accumulation=lambda case: max(case.input1.shape),
    workloads={"bert_base_heads": product(192, 512, 512, 64, dtype="float16", p=0.1)},
)
