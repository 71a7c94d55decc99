"""dropout(log_softmax(input1 * input2 + other)) @ mat2, batched; dropout scales what it keeps by 1 / (1 - p).

The product mixes dropped and kept elements. So random drops are tested only where a single element is behind each
result, in products of (n, 1) by (1, 1) matrices; elsewhere all elements are dropped or none. `inplace` applies to
intermediate results.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.dropout import dropout_task, scale_of_kept
from pytest_kernelbench.authoring.families.products import MAX_BATCHED_PRODUCTS, unit_sums
from pytest_kernelbench.authoring.strategies import booleans, choice, dims, integers, sizes, tensors
from pytest_kernelbench.model.case import replace

FACTOR = "normal(0, 1)"
"""Fill of the second factor. No facet replaces it: products of two large numbers overflow in half precision."""


def reference(input1, input2, other, mat2, p=0.5, training=True, inplace=False, dim=-1, *, out=None):
    from torch.nn.functional import dropout

    return dropout((input1 * input2 + other).log_softmax(dim), p, training, inplace).bmm(mat2)


def kept(input1, input2, other, mat2, p=0.5, training=True, inplace=False, dim=-1, *, out=None):
    """Return the result without a dropped element."""
    scaled = (input1 * input2 + other).log_softmax(dim) * scale_of_kept(input1, p, training)
    return scaled.bmm(mat2)


def dropped(input1, input2, other, mat2, p=0.5, training=True, inplace=False, dim=-1, *, out=None):
    """Return the result where every element is dropped."""
    return input1.new_zeros(*input1.shape[:2], mat2.shape[2])


def cases(draw, given):
    alone = draw(booleans())
    batch = draw(integers(1, 3))
    n = draw(sizes(given, 1, given.limit // batch if alone else 130))
    k = 1 if alone else draw(sizes(given, 1, max(1, given.limit // (batch * n))))
    columns = 1 if alone else draw(sizes(given, 1, max(1, min(33, MAX_BATCHED_PRODUCTS // (batch * n * k)))))
    return Case(
        input1=draw(tensors(given, (batch, n, k))),
        input2=draw(tensors(given, (batch, n, k), fill=FACTOR)),
        other=draw(tensors(given, (batch, n, k))),
        mat2=draw(tensors(given, (batch, k, columns), fill=unit_sums(k))),
        p=draw(choice(0.5, 0.25, 0.75) if alone else choice(0.0, 1.0)),
        training=draw(choice(True, True, False)),
        inplace=draw(booleans()),
        dim=draw(choice(1, -2) if alone else dims((batch, n, k))),
    )


def product(batch, n, k, columns, dtype="float32", **options):
    """Return the case of `batch` products (n, k) by (k, columns)."""
    return Case(
        input1=Tensor((batch, n, k), dtype),
        input2=Tensor((batch, n, k), dtype, FACTOR),
        other=Tensor((batch, n, k), dtype),
        mat2=Tensor((batch, k, columns), dtype, unit_sums(k)),
        **options,
    )


task = dropout_task(
    reference,
    cases,
    (
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
    kept,
    dropped,
    tf32=True,
    accumulation=lambda case: max(case.input1.shape),
    # Masked lanes past the end of a row must not win where the whole row is low: they are -inf, and not -1e9.
    value_cases=(
        replace(product(2, 5, 17, 9, training=False), other=Tensor((2, 5, 17), fill="uniform(-2e10, -1e10)")),
    ),
    many_draws=product(1, 20000, 1, 1, dim=1),
    workloads={"bert_base_heads": product(192, 512, 512, 64, dtype="float16", p=0.1)},
)
