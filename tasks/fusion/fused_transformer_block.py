"""Product with a weight, softmax, dropout, product with a second weight, plus a residual, layer normalisation.

Dropout is always active and scales what it keeps by 1 / (1 - dropout_p). Later steps mix what was dropped, so a drop
can be told where one probability stands behind a row: its draws are compared with what keeping and dropping give, but
so few of them that no test of their frequency fails by chance. Elsewhere all or nothing is dropped.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.strategies import choice, sizes, tensors

MOST = 30_000
"""Products of one drawn case."""

FEW = {0.1: ((1, 8), (2, 4)), 0.5: ((7, 4), (3, 8), (2, 13))}
"""Rows and columns of results in which chance decides, by its probability: all of them may be dropped, or none."""


def reference(input, weight1, weight2, residual, dropout_p=0.1, eps=1e-5, *, out=None):
    from torch.nn.functional import dropout

    return finished(dropout((input @ weight1).softmax(-1), dropout_p), weight2, residual, eps)


def kept(input, weight1, weight2, residual, dropout_p=0.1, eps=1e-5, *, out=None):
    """Return the result without a dropped element."""
    # Eager rounds the scale to the dtype of its mask.
    scale = input.new_tensor(1 / (1 - dropout_p) if dropout_p < 1 else 1)
    return finished((input @ weight1).softmax(-1) * scale, weight2, residual, eps)


def dropped(input, weight1, weight2, residual, dropout_p=0.1, eps=1e-5, *, out=None):
    """Return the result where everything is dropped."""
    return finished(input.new_zeros(*input.shape[:-1], weight1.shape[1]), weight2, residual, eps)


def finished(probabilities, weight2, residual, eps):
    """Return what follows dropout."""
    from torch.nn.functional import layer_norm

    return layer_norm(probabilities @ weight2 + residual, (weight2.shape[1],), eps=eps)


def cases(draw, given):
    if draw(choice(False, False, True)):
        p = draw(choice(*FEW))
        rows, columns = draw(choice(*FEW[p]))
        lead, inner, hidden = (rows,), draw(sizes(given, 1, 65)), 1
        added = (rows, columns)
    else:
        p = draw(choice(0.0, 0.0, 1.0))
        inner, hidden, columns = draw(sizes(given, 1, 65)), draw(sizes(given, 1, 33)), draw(sizes(given, 2, 100))
        room = max(1, min(given.limit // max(inner, hidden, columns), MOST // (hidden * (inner + columns))))
        lead = draw(choice((room,), (2, max(1, room // 2)), (2, 1, max(1, room // 2))))
        added = draw(choice((*lead, columns), (columns,), (lead[-1], columns), (lead[-1], 1), (1,)))
    return Case(
        input=draw(tensors(given, (*lead, inner))),
        weight1=draw(tensors(given, (inner, hidden), fill=small(inner))),
        weight2=draw(tensors(given, (hidden, columns))),
        residual=draw(tensors(given, added)),
        dropout_p=p,
        eps=draw(choice(1e-5, 1e-3, 0.1)),
    )


def small(inner):
    """Return weights that keep sums of `inner` products near 1: no probability is all but 1."""
    return f"normal(0, {inner**-0.5:.2g})"


def block(lead, inner, hidden, columns, residual=None, dtype="float32", **options):
    """Return the case of rows counted by `lead` and three sizes of features; the residual is full, if not given."""
    return Case(
        input=Tensor((*lead, inner), dtype),
        weight1=Tensor((inner, hidden), dtype, small(inner)),
        weight2=Tensor((hidden, columns), dtype),
        residual=Tensor((*lead, columns) if residual is None else residual, dtype),
        **options,
    )


task = Task(
    reference,
    cases,
    spine=(
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
    contract=Contract(nan=False, inf=False, deterministic=False),
    compare="outcomes",
    outcomes=(kept, dropped),
    chance=lambda case: case.arguments.get("dropout_p", 0.1),
    tf32=True,
    accumulation=lambda case: max(*case.weight1.shape, case.weight2.shape[1]),
    workloads={"bert_large_hidden": block((16, 512), 1024, 4096, 1024, dtype="float16")},
)
