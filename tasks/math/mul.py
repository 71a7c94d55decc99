"""input * other, where other is a tensor that broadcasts or a number, with PyTorch's type promotion."""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.strategies import broadcast, choice, tensors


def reference(input, other, out=None):
    return input.mul(other)


def cases(draw, given):
    left, right = draw(broadcast(given))
    fill = "normal" if given.dtype.startswith("complex") else None
    mixed = given.facet == "dtypes" and left and right
    kind = draw(choice(given.dtype, "float32", "int32")) if mixed else given.dtype
    other = draw(choice(None, None, None, 3, -1.5))
    if other is None:
        other = draw(tensors(given, right, kind, fill))
    return Case(input=draw(tensors(given, left, fill=fill)), other=other)


def pair(left, right, kinds=("float32", "float32")):
    """Return the case of two shapes and two dtypes."""
    return Case(input=Tensor(left, kinds[0]), other=Tensor(right, kinds[1]))


task = Task(
    reference,
    cases,
    spine=(
        pair((4, 5), (4, 5)),
        pair((1,), (1,)),
        pair((129,), (129,)),
        pair((1025,), (1025,)),
        pair((3, 127), (3, 127)),
        pair((4099,), (1,)),
        pair((2, 3, 65), (65,)),
        pair((1, 7), (5, 1)),
        pair((2, 1, 3, 17), (4, 1, 17)),
        pair((17,), (3, 5, 17)),
        pair((3, 127), ()),
        Case(input=Tensor((7, 33)), other=2.5),
        Case(input=Tensor((7, 33)), other=-3),
        pair((0,), (0,)),
        pair((2, 0, 3), (3,)),
        pair((), ()),
        pair((7, 33), (7, 33), ("int32", "float32")),
        pair((7, 33), (33,), ("float32", "float64")),
        pair((7, 33), (7, 33), ("float16", "float32")),
        pair((7, 33), (7, 1), ("int32", "int64")),
        pair((7, 33), (7, 33), ("float32", "bool")),
        Case(input=Tensor((7, 33), "int32"), other=1.5),
        pair((7, 33), (7, 33), ("bool", "bool")),
        pair((2, 3, 65), (2, 3, 65)),
    ),
    # Of int32 the product of large numbers overflows, which nothing defines: it is in the fixed cases only.
    dtypes=("float32", "float16", "bfloat16", "int64", "complex64"),
    contract=Contract(empty=True, zero_dim=True),
    workloads={
        "llama_7b_gate": pair((8192, 11008), (8192, 11008), ("float16", "float16")),
        "efficientnet_squeeze_excitation": pair((128, 96, 112, 112), (128, 96, 1, 1), ("float16", "float16")),
    },
)
