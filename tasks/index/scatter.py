"""Copy of the input with elements of `src` at the positions along one dimension that an index names.

Of several elements for one position any may be written. The documentation does not say whether the input itself is
written: both are accepted.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.authoring.strategies import dims, indices, integers, shapes, tensors


def reference(input, dim, index, src):
    return input.scatter(dim, index, src)


def properties(arguments, outputs):
    """Yield that each named position holds one of the elements for it, and each other position its old element."""
    import torch

    (result,) = outputs
    dim, index, src = arguments["dim"], arguments["index"], arguments["src"]
    fits = _same(result.gather(dim, index), src[tuple(map(slice, index.shape))])
    named, right = (
        torch.zeros(result.shape, dtype=torch.int64).scatter_add(dim, index, counted.long())
        for counted in (torch.ones_like(fits), fits)
    )
    wrong = torch.where(named > 0, right == 0, ~_same(result, arguments["input"]))
    yield "positions hold what was written there, or what they held before", wrong.long(), None


def _same(left, right):
    """Whether elements are equal or both NaN."""
    return (left == right) | (left.isnan() & right.isnan())


def cases(draw, given):
    shape = draw(shapes(given, 1, 4))
    dim = draw(dims(shape))
    named = tuple(draw(integers(min(1, size), size)) for size in shape)
    source = tuple(size + draw(integers(0, 1)) for size in named)
    return Case(
        input=draw(tensors(given, shape)),
        dim=dim,
        index=draw(indices(given, named, shape[dim])),
        src=draw(tensors(given, source)),
    )


def written(shape, dim, index=None, src=None, dtype="float32"):
    """Return the case of an input shape; by default index and src have that shape."""
    named = shape if index is None else index
    return Case(
        input=Tensor(shape, dtype),
        dim=dim,
        index=Tensor(named, "int64", f"integers(0, {max(1, shape[dim])})"),
        src=Tensor(named if src is None else src, dtype),
    )


task = Task(
    reference,
    cases,
    fixed_cases=(
        written((9, 6), 0, (4, 6)),
        written((1,), 0),
        written((7, 129), 1, (7, 33)),
        written((129, 5), 0, (65, 3)),
        written((5, 33), -1, (3, 70), (4, 71)),
        written((3, 1025), 1),
        written((5, 6, 7), 1, (5, 2, 7)),
        written((4, 5, 6), -3, (2, 4, 5), (3, 5, 6)),
        written((2, 3, 4, 17), 2, (2, 3, 1, 17)),
        written((2049,), 0, (257,)),
        written((1025, 3), 0, (1, 3), (2, 4)),
        written((4, 5), 0, (0, 5), (2, 5)),
        written((3, 0), 0),
        written((4, 1030), 0, (2, 1030)),
    ),
    dtypes=("float32", "float16", "bfloat16", "int64", "int32"),
    contract=Contract(empty=True, deterministic=False),
    compare="properties",
    properties=properties,
    scratch=("input",),
    workloads={
        "kv_cache_update": written((32768, 4096), 0, (4096, 4096), dtype="float16"),
        "top_k_logits": written((4096, 50257), 1, (4096, 64)),
    },
    table="input",
)
