"""Index of the largest element along one dimension, or of the whole tensor where dim is None.

Any index of a tied maximum is accepted; NaN is outside the contract, because the documentation does not order it.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.model.task import VALUE_FILLS
from pytest_kernelbench.strategies import booleans, dims, maybe, shapes, tensors


def reference(input_tensor, dim, keepdim=False):
    return input_tensor.argmax(dim, keepdim=keepdim)


def cases(draw, given):
    shape = draw(shapes(given, 1, 4))
    return Case(
        input_tensor=draw(tensors(given, shape)),
        dim=draw(maybe(dims(shape))),
        keepdim=draw(booleans()),
    )


task = Task(
    reference,
    cases,
    spine=(
        Case(input_tensor=Tensor((6, 40)), dim=-1),
        Case(input_tensor=Tensor((1, 1)), dim=0),
        Case(input_tensor=Tensor((7, 129)), dim=1),
        Case(input_tensor=Tensor((3, 1025)), dim=-1),
        Case(input_tensor=Tensor((2, 2049)), dim=-1, keepdim=True),
        Case(input_tensor=Tensor((5, 6, 7)), dim=1, keepdim=True),
        Case(input_tensor=Tensor((130, 3)), dim=-2),
        Case(input_tensor=Tensor((2, 3, 4, 33)), dim=0),
        Case(input_tensor=Tensor((4, 5, 6)), dim=None),
        Case(input_tensor=Tensor((3, 5)), dim=None, keepdim=True),
        # Lanes past the end of a row must not win: padded with 0, or with -inf where the row has nothing larger.
        Case(input_tensor=Tensor((3, 33), fill="uniform(-9, -5)"), dim=-1),
        Case(input_tensor=Tensor((3, 17), fill="constant(-inf)"), dim=-1),
    ),
    # Without denormals: a GPU may flush them to zero, and then they are all tied.
    contract=Contract(
        values=(*(fill for fill in VALUE_FILLS if fill != "denormals"), "uniform(-9, -5)"),
        nan=False,
    ),
    compare="gathered",
    workloads={"llama_vocabulary": Case(input_tensor=Tensor((4096, 32000), "float16"), dim=-1)},
)
