"""Dropout of GELU of the RMS normalisation of `input1 @ input2`, a batched product, minus `other`.

As documented, `other`, which broadcasts to the result, is subtracted; the shipped reference leaves it out. The
normalisation divides by sqrt(mean of squares + eps) over the trailing dimensions `normalized_shape`, an int or a
sequence, and has no scale of its own.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families import products
from pytest_kernelbench.authoring.families.dropout import dropout_task, scale_of_kept
from pytest_kernelbench.authoring.strategies import choice, tensors


def reference(
    input1, input2, other, normalized_shape, dropout_p=0.5, training=True, approximate="none", eps=1e-5, *, out=None
):
    from torch.nn.functional import dropout, gelu, rms_norm

    shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    normalised = rms_norm(input1.bmm(input2), shape, eps=eps)
    return dropout(gelu(normalised, approximate=approximate), dropout_p, training) - other


def kept(
    input1, input2, other, normalized_shape, dropout_p=0.5, training=True, approximate="none", eps=1e-5, *, out=None
):
    """Return the result without a dropped element."""
    whole = reference(input1, input2, 0, normalized_shape, training=False, approximate=approximate, eps=eps)
    return whole * scale_of_kept(input1, dropout_p, training) - other


def dropped(
    input1, input2, other, normalized_shape, dropout_p=0.5, training=True, approximate="none", eps=1e-5, *, out=None
):
    """Return the result where every element is dropped."""
    return input1.new_zeros(*input1.shape[:2], input2.shape[2]) - other


def cases(draw, given):
    batch, n, m, columns = products.batched_sizes(draw, given)
    subtracted = (batch, n, columns), (n, columns), (columns,), (n, 1), (batch, 1, 1), (1,), ()
    return Case(
        **products.batched_factors(draw, given, batch, n, m, columns),
        other=draw(tensors(given, draw(choice(*subtracted)))),
        normalized_shape=products.drawn_norm_shape(draw, batch, n, columns),
        dropout_p=draw(choice(0.5, 0.25, 0.75, 0.0, 1.0)),
        training=draw(choice(True, True, False)),
        approximate=draw(choice("none", "tanh")),
        eps=draw(choice(1e-5, 1e-3, 0.1)),
    )


def product(batch, n, m, columns, other=None, dtype="float32", normalized_shape=None, **options):
    """Return the case of a batch of (n, m) by (m, columns) products, minus a tensor of the shape `other`.

    By default `other` has the shape of the result, and each row is normalised.
    """
    return Case(
        **products.batched(batch, n, m, columns, dtype),
        other=Tensor((batch, n, columns) if other is None else other, dtype),
        normalized_shape=normalized_shape or columns,
        **options,
    )


task = dropout_task(
    reference,
    cases,
    (
        product(2, 16, 8, 32),
        product(2, 16, 8, 24, training=False),
        product(3, 7, 5, 9, (9,), dropout_p=0.0, eps=0.1, approximate="tanh"),
        product(2, 9, 4, 7, (9, 1), dropout_p=1.0),
        product(1, 33, 17, 65, (33, 65), dropout_p=0.25, normalized_shape=(65,)),
        product(2, 33, 3, 31, (2, 1, 1), dropout_p=0.75, normalized_shape=(33, 31), approximate="tanh"),
        product(2, 5, 6, 7, (), training=False, normalized_shape=[2, 5, 7], eps=1e-2),
        product(2, 4, 3, 129, (1, 129), eps=1e-3),
        product(2, 3, 1025, 5, (2, 1, 5), training=False, normalized_shape=[5]),
        product(1, 2, 3, 1025, (1,), dropout_p=0.0),
        product(1, 2, 2, 2049),
        product(1, 1, 1, 2, dropout_p=0.0),
    ),
    kept,
    dropped,
    probability=("dropout_p", 0.5),
    many_draws=product(2, 90, 2, 200),
    tf32=True,
    accumulation=products.longest_normalised_sum,
    workloads={"mixtral_8_experts": product(8, 1024, 4096, 14336, (14336,), dtype="float16", dropout_p=0.1)},
)
