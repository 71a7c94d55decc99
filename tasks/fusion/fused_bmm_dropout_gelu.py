"""GELU of the dropout of `input1 @ input2`, a batched product; dropout scales what it keeps by 1 / (1 - p).

`inplace` applies to the intermediate product: no argument changes.
"""

from __future__ import annotations

from pytest_kernelbench import Case
from pytest_kernelbench.authoring.families.dropout import dropout_task, scale_of_kept
from pytest_kernelbench.authoring.families.products import batched, batched_factors, batched_sizes
from pytest_kernelbench.authoring.strategies import booleans, choice


def reference(input1, input2, p=0.5, training=True, inplace=False, approximate="none", *, out=None):
    from torch.nn.functional import dropout, gelu

    return gelu(dropout(input1.bmm(input2), p, training, inplace), approximate=approximate)


def kept(input1, input2, p=0.5, training=True, inplace=False, approximate="none", *, out=None):
    """Return the result without a dropped element."""
    from torch.nn.functional import gelu

    return gelu(input1.bmm(input2) * scale_of_kept(input1, p, training), approximate=approximate)


def dropped(input1, input2, p=0.5, training=True, inplace=False, approximate="none", *, out=None):
    """Return the result where every element is dropped: GELU of 0 is 0."""
    return input1.new_zeros(*input1.shape[:2], input2.shape[2])


def cases(draw, given):
    return Case(
        **batched_factors(draw, given, *batched_sizes(draw, given)),
        p=draw(choice(0.5, 0.25, 0.75, 0.0, 1.0)),
        training=draw(choice(True, True, False)),
        inplace=draw(booleans()),
        approximate=draw(choice("none", "tanh")),
    )


def product(*sizes, dtype="float32", **options):
    """Return the case of a batch of (n, m) by (m, columns) products; `sizes` are (batch, n, m, columns)."""
    return Case(**batched(*sizes, dtype), **options)


task = dropout_task(
    reference,
    cases,
    (
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
    kept,
    dropped,
    many_draws=product(2, 120, 2, 150),
    tf32=True,
    accumulation=lambda case: case.input1.shape[-1],
    workloads={"mixtral_8_experts": product(8, 1024, 4096, 14336, dtype="float16", p=0.1)},
)
