"""Euclidean distance of each pair of rows, both normalised to p-norm 1 first.

`eps_norm` is the smallest divisor, and `eps_distance` is added to each difference. `p_norm` is the exponent of the
normalisation only: no exponent of the distance is documented, so it is 2. Rows have at least two elements: those with
one are normalised to 1 or -1, and their distance is 2 or mostly rounding error.

The shipped reference gives the distance of each row from every other.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.authoring.strategies import booleans, choice, integers, sizes, tensors


def reference(x1, x2, p_norm=2.0, eps_norm=1e-12, eps_distance=1e-06, keepdim=False):
    from torch.nn.functional import normalize, pairwise_distance

    left, right = (normalize(x, p=p_norm, eps=eps_norm) for x in (x1, x2))
    return pairwise_distance(left, right, eps=eps_distance, keepdim=keepdim)


def cases(draw, given):
    width = draw(integers(16, 64) if given.facet == "values" else sizes(given, 2))
    shape = draw(sizes(given, 1, given.limit // width)), width
    return Case(
        x1=draw(tensors(given, shape)),
        x2=draw(tensors(given, shape)),
        p_norm=draw(choice(2.0, 1.0, 3.0)),
        eps_norm=draw(choice(1e-12, 1e-3, 4.0)),
        eps_distance=draw(choice(1e-6, 1e-3, 0.1)),
        keepdim=draw(booleans()),
    )


def compared(rows, width, dtype="float32", **options):
    """Return the case of `rows` pairs of vectors."""
    return Case(x1=Tensor((rows, width), dtype), x2=Tensor((rows, width), dtype), **options)


task = Task(
    reference,
    cases,
    fixed_cases=(
        compared(8, 16),
        compared(8, 16, keepdim=True),
        compared(5, 33, p_norm=1.0),
        compared(7, 129, p_norm=3.0, keepdim=True),
        compared(9, 15, eps_norm=4.0),
        compared(6, 31, eps_distance=0.1),
        compared(3, 1025, p_norm=1.0, eps_distance=1e-3),
        compared(2, 2049),
        compared(129, 3, eps_norm=1.5, keepdim=True),
        compared(1025, 2),
        compared(1, 2),
    ),
    contract=Contract(inf=False),
    accumulation=lambda case: case.x1.shape[1],
    workloads={
        "face_embedding_pairs": compared(262144, 512),
        "sentence_bert_pairs": compared(131072, 768, "float16"),
    },
)
