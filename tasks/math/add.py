"""input + alpha * other, where other is a tensor that broadcasts or a number, with PyTorch's type promotion."""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.strategies import broadcast, choice, tensors


def reference(input, other, alpha=1, out=None):
    import torch

    return torch.add(input, other, alpha=alpha)


def cases(draw, given):
    left, right = draw(broadcast(given))
    fill = "normal" if given.dtype.startswith("complex") else None
    mixed = given.facet == "dtypes" and left and right
    kind = draw(choice(given.dtype, "float32", "int32")) if mixed else given.dtype
    number = draw(choice(None, None, None, 3, -1.5))
    other = draw(tensors(given, right, kind, fill)) if number is None else number
    whole = given.dtype.startswith("int") and (kind.startswith("int") if number is None else number == 3)
    alpha = draw(choice(1, 2, -3) if whole else choice(1, 2, 0.5, -1.25))
    return Case(input=draw(tensors(given, left, fill=fill)), other=other, alpha=alpha)


def pair(left, right, kinds=("float32", "float32"), **options):
    """Return the case of two shapes and two dtypes."""
    return Case(input=Tensor(left, kinds[0]), other=Tensor(right, kinds[1]), **options)


# Integers take whole alphas only: a fractional one is at no place in `spine` where the facet `dtypes` makes integers.
task = Task(
    reference,
    cases,
    spine=(
        pair((4, 5), (4, 5)),
        pair((1,), (1,)),
        pair((129,), (129,), alpha=0.5),
        pair((1025,), (1025,)),
        pair((3, 127), (3, 127), alpha=-2.5),
        pair((4099,), (1,)),
        pair((2, 3, 65), (65,), alpha=2),
        pair((1, 7), (5, 1), alpha=0.25),
        pair((2, 1, 3, 17), (4, 1, 17), alpha=3),
        pair((17,), (3, 5, 17)),
        pair((3, 127), ()),
        Case(input=Tensor((7, 33)), other=2.5),
        Case(input=Tensor((7, 33)), other=-3, alpha=2),
        pair((0,), (0,)),
        pair((2, 0, 3), (3,)),
        pair((), ()),
        pair((7, 33), (7, 33), ("int32", "float32"), alpha=0.5),
        pair((7, 33), (33,), ("float32", "float64")),
        pair((7, 33), (7, 33), ("float16", "float32")),
        pair((7, 33), (7, 1), ("int32", "int64"), alpha=-2),
        Case(input=Tensor((7, 33), "int32"), other=1.5),
        pair((7, 33), (7, 33), ("bool", "bool")),
        pair((2, 3, 65), (2, 3, 65)),
    ),
    dtypes=("float32", "float16", "bfloat16", "int64", "int32", "complex64"),
    contract=Contract(empty=True, zero_dim=True),
    workloads={
        "resnet50_residual": pair((64, 256, 56, 56), (64, 256, 56, 56), ("float16", "float16")),
        "bert_large_bias": pair((64, 512, 4096), (4096,), ("float16", "float16")),
    },
)
