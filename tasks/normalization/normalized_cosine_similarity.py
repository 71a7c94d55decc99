"""Cosine similarity along one dimension of two tensors that are normalised along it first.

Norms are 0 or well above `eps_norm` and `eps_similarity`: the documentation does not say how these two are applied.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.authoring.families.contracts import WITHOUT_DENORMALS
from pytest_kernelbench.authoring.strategies import choice, dims, shapes, tensors

INFINITY = float("inf")


def reference(x1, x2, dim=1, eps_similarity=1e-08, p_norm=2, eps_norm=1e-12):
    from torch.nn.functional import cosine_similarity, normalize

    left, right = (normalize(x, p=p_norm, dim=dim, eps=eps_norm) for x in (x1, x2))
    return cosine_similarity(left, right, dim=dim, eps=eps_similarity)


def cases(draw, given):
    shape = draw(shapes(given, 1, 4))
    dim = draw(dims(shape))
    # Vectors that are divided by the 1-norm of a long row are so short that `eps_similarity` would matter.
    p_norm = draw(choice(2, 1.0, 1.5, 3, INFINITY) if shape[dim] <= 16 else choice(2, 3, INFINITY))
    return Case(
        x1=draw(tensors(given, shape)),
        x2=draw(tensors(given, shape)),
        dim=dim,
        eps_similarity=draw(choice(1e-8, 1e-10)),
        p_norm=p_norm,
        eps_norm=draw(choice(1e-12, 1e-10)),
    )


def compared(*shape, fills=("normal", "normal"), dtype="float32", **options):
    """Return the case of two tensors of one shape."""
    x1, x2 = (Tensor(shape, dtype, fill) for fill in fills)
    return Case(x1=x1, x2=x2, **options)


task = Task(
    reference,
    cases,
    fixed_cases=(
        compared(8, 16),
        compared(3, 1),
        compared(7, 129),
        compared(3, 1025),
        compared(2, 2049, eps_similarity=1e-10),
        compared(5, 6, 7),
        compared(5, 6, 7, dim=-1, p_norm=1.0),
        compared(130, 3, dim=0),
        compared(2, 3, 4, 33, dim=-2, p_norm=3),
        compared(19, dim=0, p_norm=1.5, eps_norm=1e-10),
        compared(4, 9, 5, p_norm=INFINITY),
        compared(6, 8, fills=("constant(0)", "normal")),
        compared(6, 8, fills=("constant(0)", "constant(0)")),
    ),
    # Denormals are left out: they are far below `eps_norm`, where the result depends on what is not documented.
    contract=Contract(values=WITHOUT_DENORMALS, nan=False, inf=False),
    accumulation=lambda case: case.x1.shape[case.arguments.get("dim", 1)],
    workloads={
        "embedding_pairs": compared(1 << 20, 768, dtype="float16"),
        "feature_maps": compared(64, 512, 128, 128, dtype="float16"),
    },
)
