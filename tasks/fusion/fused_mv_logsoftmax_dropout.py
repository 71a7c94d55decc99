"""Dropout of log_softmax(input @ vec); dropout scales what it keeps by 1 / (1 - p).

`inplace` applies to the intermediate results: no argument changes.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.dropout import dropout_task, scale_of_kept
from pytest_kernelbench.authoring.families.products import unit_sums
from pytest_kernelbench.authoring.strategies import booleans, choice, sizes, tensors


def reference(input, vec, p=0.5, training=True, inplace=False, dim=0, *, out=None):
    from torch.nn.functional import dropout

    return dropout(input.mv(vec).log_softmax(dim), p, training, inplace)


def kept(input, vec, p=0.5, training=True, inplace=False, dim=0, *, out=None):
    """Return the result without a dropped element."""
    return input.mv(vec).log_softmax(dim) * scale_of_kept(input, p, training)


def dropped(input, vec, p=0.5, training=True, inplace=False, dim=0, *, out=None):
    """Return the result where every element is dropped."""
    return input.new_zeros(input.shape[0])


def cases(draw, given):
    n = draw(sizes(given))
    m = draw(sizes(given, 1, given.limit // n))
    return Case(
        input=draw(tensors(given, (n, m))),
        vec=draw(tensors(given, (m,), fill=unit_sums(m))),
        p=draw(choice(0.5, 0.25, 0.75, 0.0, 1.0)),
        training=draw(choice(True, True, False)),
        inplace=draw(booleans()),
        dim=draw(choice(0, -1)),
    )


def product(n, m, dtype="float32", **options):
    """Return the case of an (n, m) matrix."""
    return Case(input=Tensor((n, m), dtype), vec=Tensor((m,), dtype, unit_sums(m)), **options)


task = dropout_task(
    reference,
    cases,
    (
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
    kept,
    dropped,
    tf32=True,
    accumulation=lambda case: max(case.input.shape),
    # Masked lanes past the end of a row must not win where the whole row is low: they are -inf, and not -1e9.
    value_cases=(
        Case(input=Tensor((257, 4), fill="uniform(1e5, 2e5)"), vec=Tensor((4,), fill="uniform(-2e5, -1e5)"), p=0.0),
    ),
    many_draws=product(24000, 1),
    workloads={"llama_2_7b_one_token": product(32000, 4096, dtype="float16")},
)
