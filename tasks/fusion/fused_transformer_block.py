"""layer_norm(dropout(softmax(input @ weight1)) @ weight2 + residual).

Dropout is always active and scales what it keeps by 1 / (1 - dropout_p). Later steps mix dropped and kept elements, so
a drop can only be recognised where a single probability is behind a row. In such cases each row is compared with what
keeping and dropping give, and counts as one draw. Elsewhere all elements are dropped or none.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.dropout import RARE, dropout_task, scale_of_kept
from pytest_kernelbench.authoring.families.products import MAX_BATCHED_PRODUCTS, unit_sums
from pytest_kernelbench.authoring.strategies import choice, sizes, tensors

DROPPED = {0.1: ((1, 8), (2, 4), (150, 5)), 0.5: ((7, 4), (3, 8), (2, 13), (60, 9))}
"""Rows and columns of results with random drops, by probability."""


def reference(input, weight1, weight2, residual, dropout_p=0.1, eps=1e-5, *, out=None):
    from torch.nn.functional import dropout

    return finished(dropout((input @ weight1).softmax(-1), dropout_p), weight2, residual, eps)


def kept(input, weight1, weight2, residual, dropout_p=0.1, eps=1e-5, *, out=None):
    """Return the result without a dropped element."""
    return finished((input @ weight1).softmax(-1) * scale_of_kept(input, dropout_p), weight2, residual, eps)


def dropped(input, weight1, weight2, residual, dropout_p=0.1, eps=1e-5, *, out=None):
    """Return the result where everything is dropped."""
    return finished(input.new_zeros(*input.shape[:-1], weight1.shape[1]), weight2, residual, eps)


def finished(probabilities, weight2, residual, eps):
    """Return the result of the steps after dropout."""
    from torch.nn.functional import layer_norm

    return layer_norm(probabilities @ weight2 + residual, (weight2.shape[1],), eps=eps)


def cases(draw, given):
    if draw(choice(False, False, True)):
        p = draw(choice(*DROPPED))
        rows, columns = draw(choice(*DROPPED[p]))
        lead, inner, hidden = (rows,), draw(sizes(given, 1, 65)), 1
        added = (rows, columns)
    else:
        p = draw(choice(0.0, 0.0, 1.0))
        inner, hidden, columns = draw(sizes(given, 1, 65)), draw(sizes(given, 1, 33)), draw(sizes(given, 2, 100))
        room = max(
            1, min(given.limit // max(inner, hidden, columns), MAX_BATCHED_PRODUCTS // (hidden * (inner + columns)))
        )
        lead = draw(choice((room,), (2, max(1, room // 2)), (2, 1, max(1, room // 2))))
        # Where all is dropped, a residual of one column makes rows of equal values, whose deviation is all rounding.
        broadcast = ((lead[-1], 1), (1,)) if p < 1 else ()
        added = draw(choice((*lead, columns), (columns,), (lead[-1], columns), *broadcast))
    return Case(
        input=draw(tensors(given, (*lead, inner))),
        weight1=draw(tensors(given, (inner, hidden), fill=unit_sums(inner))),
        weight2=draw(tensors(given, (hidden, columns))),
        residual=draw(tensors(given, added)),
        dropout_p=p,
        eps=draw(choice(1e-5, 1e-3, 0.1)),
    )


def drops_together(case):
    """Return the elements of a row, whose single probability is dropped or not."""
    return case.weight2.shape[1] if case.weight1.shape[1] == 1 else 1


def block(lead, inner, hidden, columns, residual=None, dtype="float32", **options):
    """Return the case of a batch shape `lead` and three numbers of features; the residual is full by default."""
    return Case(
        input=Tensor((*lead, inner), dtype),
        weight1=Tensor((inner, hidden), dtype, unit_sums(inner)),
        weight2=Tensor((hidden, columns), dtype),
        residual=Tensor((*lead, columns) if residual is None else residual, dtype),
        **options,
    )


task = dropout_task(
    reference,
    cases,
    (
        block((2, 8), 16, 12, 24, dropout_p=0.0),
        block((7,), 5, 1, 4, dropout_p=0.5),
        block((2,), 5, 1, 4),
        block((9,), 8, 6, 17, dropout_p=1.0),
        block((3,), 7, 1, 8, dropout_p=0.5, eps=0.5),
        block((33,), 9, 17, 65, (65,), dropout_p=0.0, eps=0.1),
        block((2, 3, 5), 6, 7, 9, (5, 9), dropout_p=0.0),
        block((2, 7), 129, 3, 5, (1, 7, 1), dropout_p=0.0),
        block((5,), 4, 129, 10, dropout_p=0.0),
        block((3,), 4, 5, 1025, dropout_p=0.0),
        block((130,), 4, 9, 12, (130, 12), dropout_p=0.0, eps=1e-3),
        block((1,), 1, 3, 2, (1,), dropout_p=0.0),
    ),
    kept,
    dropped,
    probability=("dropout_p", 0.1),
    drops_together=drops_together,
    tf32=True,
    value_cases=(block((600,), 1, 1, 2, dropout_p=0.25),),
    large=(
        block((3,), 3_000, 12, 7, dropout_p=0.0),
        block((3,), 5, 3_000, 9, dropout_p=0.0),
        block((257, 2), 8, 12, 24, dropout_p=0.0),
        block((600,), 16, 33, 600, dropout_p=0.0),
        # So many draws show a rate that is off by a sixteenth, and random numbers of few bits.
        block((20_000,), 1, 1, 3, dropout_p=0.5),
        block((20_000,), 1, 1, 3, dropout_p=RARE),
    ),
    accumulation=lambda case: max(*case.weight1.shape, case.weight2.shape[1]),
    workloads={"bert_large_hidden": block((16, 512), 1024, 4096, 1024, dtype="float16")},
)
