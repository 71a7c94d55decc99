"""p-norm distances between the vectors of two tensors, normalised along one dimension of the distances.

The documentation does not say where `eps_distance` is added. So it is 0 in the cases where that matters, or all
differences have one sign, or all vectors are equal. Norms are 0 or well above `eps_norm`.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.authoring.families.contracts import FINITE
from pytest_kernelbench.authoring.strategies import booleans, choice, integers, shapes, tensors

LOW, HIGH = "uniform(-2, -1)", "uniform(1, 2)"
"""Fills of vectors whose differences are all far from 0 and have one sign."""

INFINITY = float("inf")


def reference(x1, x2, p_distance=2.0, eps_distance=1e-06, keepdim=False, p_norm=2, dim_norm=1, eps_norm=1e-12):
    from torch.nn.functional import normalize, pairwise_distance

    distances = pairwise_distance(x1, x2, p=p_distance, eps=eps_distance, keepdim=keepdim)
    return normalize(distances, p=p_norm, dim=dim_norm, eps=eps_norm)


def cases(draw, given):
    shape = draw(shapes(given, 2, 4))
    keepdim = draw(booleans())
    rank = len(shape) - (not keepdim)
    apart = given.facet != "values" and draw(booleans())
    fills = draw(choice((LOW, HIGH), (HIGH, LOW))) if apart else (None, None)
    return Case(
        x1=draw(tensors(given, shape, fill=fills[0])),
        x2=draw(tensors(given, shape, fill=fills[1])),
        p_distance=draw(choice(2.0, 1.0, 3.0, INFINITY)),
        eps_distance=draw(choice(1e-6, 1e-8)) if apart else 0.0,
        keepdim=keepdim,
        p_norm=draw(choice(2, 1, 3, INFINITY)),
        dim_norm=draw(integers(-rank, rank - 1)),
        eps_norm=draw(choice(1e-12, 1e-10)),
    )


def distances(*shape, fills=("normal", "normal"), eps_distance=0.0, dtype="float32", **options):
    """Return the case of two tensors of a shape."""
    x1, x2 = (Tensor(shape, dtype, fill) for fill in fills)
    return Case(x1=x1, x2=x2, eps_distance=eps_distance, **options)


def apart(*shape, eps_distance=1e-6, **options):
    """Return the case of vectors that are far from each other."""
    return distances(*shape, fills=(HIGH, LOW), eps_distance=eps_distance, **options)


task = Task(
    reference,
    cases,
    fixed_cases=(
        apart(4, 6, 10),
        distances(8, 16, dim_norm=0),
        distances(8, 16, dim_norm=0, keepdim=True),
        distances(5, 7, keepdim=True),
        distances(1, 1, dim_norm=-1),
        distances(33, 17, dim_norm=0, p_distance=1.0),
        distances(129, 3, dim_norm=-1, p_norm=1),
        distances(3, 1025, dim_norm=0),
        distances(1025, 2, dim_norm=0, p_distance=3.0),
        distances(3, 5, 65, p_distance=INFINITY, p_norm=INFINITY),
        distances(2, 3, 4, 9, p_norm=3, dim_norm=-3, keepdim=True),
        distances(2, 3, 4, 9, dim_norm=2),
        apart(4, 7, 33, p_distance=1.0, eps_distance=1e-8, eps_norm=1e-10),
        distances(4, 6, 10, fills=("constant(1)", "constant(1)"), eps_distance=1e-3),
        distances(4, 6, 10, fills=("constant(1)", "constant(1)")),
        distances(3, 1400, dim_norm=0),
    ),
    contract=FINITE,
    accumulation=lambda case: max(case.x1.shape),
    workloads={
        "embedding_pairs": distances(1 << 20, 768, dim_norm=0, dtype="float16", eps_distance=1e-6),
        "keypoint_descriptors": distances(1024, 2048, 128, dtype="float16", eps_distance=1e-6),
    },
)
