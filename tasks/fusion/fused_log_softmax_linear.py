"""Linear layer with an optional bias, then log-softmax along one dimension, computed in `dtype` where it is given."""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, DType, Task, Tensor
from pytest_kernelbench.strategies import booleans, choice, dims, sizes, tensors


def reference(input, weight, bias=None, dim=-1, dtype=None):
    from torch.nn.functional import linear

    return linear(input, weight, bias).log_softmax(dim, dtype=dtype)


def cases(draw, given):
    inner = draw(sizes(given, 1, 130))
    outer = draw(sizes(given, 1, min(1030, given.limit // inner)))
    room = min(given.limit // max(inner, outer), 32)
    batch = draw(choice((room,), (max(1, room // 4), min(room, 3)), (2, 1, max(1, room // 2)), ()))
    return Case(
        input=draw(tensors(given, (*batch, inner))),
        weight=draw(tensors(given, (outer, inner))),
        bias=draw(tensors(given, (outer,))) if draw(booleans()) else None,
        dim=draw(dims((*batch, outer))),
        dtype=draw(choice(None, None, DType("float32"), DType("float64"))),
    )


def layer(batch, inner, outer, bias=True, dtype="float32", to=None, **options):
    """Return the case of a batch shape and two numbers of features; `to` is the argument `dtype`."""
    return Case(
        input=Tensor((*batch, inner), dtype),
        weight=Tensor((outer, inner), dtype),
        bias=Tensor((outer,), dtype) if bias else None,
        **({"dtype": DType(to)} if to else {}),
        **options,
    )


def longest_sum(case):
    """Return the longer of the linear layer's sum and the softmax's."""
    shape = (*case.input.shape[:-1], case.weight.shape[0])
    return max(case.weight.shape[1], shape[case.arguments.get("dim", -1)])


task = Task(
    reference,
    cases,
    spine=(
        layer((4,), 16, 12),
        layer((4,), 5, 3, bias=False),
        layer((7,), 33, 65, dim=1),
        layer((129,), 6, 5, dim=0),
        layer((2,), 9, 1025),
        layer((3,), 4, 2049, bias=False),
        layer((3,), 1025, 7, dim=-2),
        layer((2, 5), 8, 17, dim=1),
        layer((2, 3, 5), 6, 9, dim=-3),
        layer((17,), 4, 1),
        layer((), 31, 33, dim=0),
        layer((5,), 8, 40, to="float64"),
        layer((5,), 8, 40, dim=0, to="float32"),
    ),
    contract=Contract(nan=False, inf=False),
    tf32=True,
    accumulation=longest_sum,
    workloads={
        "gpt2_vocabulary": layer((8, 1024), 768, 50257, bias=False, dtype="float16"),
        "llama_2_7b_vocabulary": layer((4096,), 4096, 32000, bias=False, dtype="bfloat16"),
    },
)
