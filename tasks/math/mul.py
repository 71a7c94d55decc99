"""input * other, with PyTorch's type promotion; other is a number or a tensor that broadcasts."""

from __future__ import annotations

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.authoring.families.broadcasting import DEGENERATE, PAIRS, operands
from pytest_kernelbench.authoring.families.contracts import any_shape
from pytest_kernelbench.authoring.strategies import broadcast, choice, tensors


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


task = Task(
    reference,
    cases,
    fixed_cases=(
        *(operands(*pair) for pair in PAIRS),
        Case(input=Tensor((7, 33)), other=2.5),
        Case(input=Tensor((7, 33)), other=-3),
        *(operands(*pair) for pair in DEGENERATE),
        operands((7, 33), (7, 33), ("int32", "float32")),
        operands((7, 33), (33,), ("float32", "float64")),
        operands((7, 33), (7, 33), ("float16", "float32")),
        operands((7, 33), (7, 1), ("int64", "int32")),
        operands((7, 33), (7, 33), ("float32", "bool")),
        Case(input=Tensor((7, 33), "int32"), other=1.5),
        operands((7, 33), (7, 33), ("bool", "bool")),
        operands((2, 3, 65), (2, 3, 65)),
    ),
    # int32 is in the fixed cases only: drawn products of large numbers would overflow, which is undefined.
    dtypes=("float32", "float16", "bfloat16", "int64", "complex64"),
    contract=any_shape(),
    elementwise=True,
    workloads={
        "llama_7b_gate": operands((8192, 11008), (8192, 11008), ("float16", "float16")),
        "efficientnet_squeeze_excitation": operands((128, 96, 112, 112), (128, 96, 1, 1), ("float16", "float16")),
    },
)
