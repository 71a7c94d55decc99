"""Linear layer, then ReLU, then layer normalisation over the trailing dimensions `normalized_shape`.

The signature has no scale and shift of the normalisation: with `elementwise_affine` they are the initial ones and
zeros, so the flag changes nothing. `normalized_shape` is always given: nothing documents what its absence means.
"""

from __future__ import annotations

from math import prod

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.strategies import booleans, choice, integers, sizes, tensors


def reference(input, weight, bias=None, normalized_shape=None, eps=1e-5, elementwise_affine=True):
    from torch.nn.functional import layer_norm, linear

    shape = (normalized_shape,) if isinstance(normalized_shape, int) else normalized_shape
    return layer_norm(linear(input, weight, bias).relu(), shape, eps=eps)


def cases(draw, given):
    inner = draw(sizes(given, 1, 130))
    outer = draw(sizes(given, 1, min(130, given.limit // inner)))
    room = min(given.limit // max(inner, outer), 32)
    batch = draw(choice((room,), (max(1, room // 4), min(room, 3)), (2, 1, max(1, room // 2)), ()))
    shape = (*batch, outer)[-draw(integers(1, min(2, len(batch) + 1))) :]
    return Case(
        input=draw(tensors(given, (*batch, inner))),
        weight=draw(tensors(given, (outer, inner))),
        bias=draw(tensors(given, (outer,))) if draw(booleans()) else None,
        normalized_shape=outer if len(shape) == 1 and draw(booleans()) else shape,
        eps=draw(choice(1e-5, 1e-3, 0.1)),
        elementwise_affine=draw(booleans()),
    )


def layer(batch, inner, outer, bias=True, normalized_shape=None, dtype="float32", **options):
    """Return the case of a batch shape and two numbers of features; the normalised one is the outer, if not given."""
    return Case(
        input=Tensor((*batch, inner), dtype),
        weight=Tensor((outer, inner), dtype),
        bias=Tensor((outer,), dtype) if bias else None,
        normalized_shape=normalized_shape or outer,
        **options,
    )


def normalised(case):
    """Return the number of elements that are normalised together."""
    shape = case.normalized_shape
    return shape if isinstance(shape, int) else prod(shape)


task = Task(
    reference,
    cases,
    spine=(
        layer((4,), 16, 12),
        layer((4,), 5, 3, bias=False),
        layer((7,), 33, 65, normalized_shape=(65,), eps=1e-3),
        layer((3,), 129, 40, elementwise_affine=False),
        layer((2,), 9, 1025),
        layer((3,), 1025, 7, bias=False),
        layer((2, 3, 5), 8, 17, normalized_shape=[17]),
        layer((2, 5), 6, 7, normalized_shape=(5, 7)),
        layer((), 19, 31, eps=0.1),
        layer((70,), 3, 10, normalized_shape=(10,)),
        layer((1,), 1, 2),
    ),
    contract=Contract(nan=False, inf=False),
    tf32=True,
    accumulation=lambda case: max(case.weight.shape[1], normalised(case)),
    workloads={"bert_base_feed_forward": layer((32, 512), 768, 3072, dtype="float16")},
)
