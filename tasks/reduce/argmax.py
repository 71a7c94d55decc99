"""Index of the largest element along one dimension, or of the whole tensor where dim is None.

Any index of a tied maximum is accepted. NaN is not tested, because the documentation does not order it.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.authoring.families.contracts import WITHOUT_DENORMALS
from pytest_kernelbench.authoring.strategies import booleans, dims, maybe, shapes, tensors


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
    fixed_cases=(
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
        # Masked lanes past the end of a row must not win: neither with 0, nor with -inf where a row has nothing larger.
        Case(input_tensor=Tensor((3, 33), fill="uniform(-9, -5)"), dim=-1),
        Case(input_tensor=Tensor((3, 17), fill="constant(-inf)"), dim=-1),
    ),
    # Denormals are left out: a GPU may flush them to zero, where all are tied.
    contract=Contract(
        values=(*WITHOUT_DENORMALS, "uniform(-9, -5)"),
        nan=False,
    ),
    compare="gathered",
    # Masked lanes past the end of a row must not win where the whole row is low: they are -inf, and not -1e9.
    value_cases=(
        Case(input_tensor=Tensor((6, 40), fill="lowest"), dim=-1),
        Case(input_tensor=Tensor((5, 33, 7), fill="lowest"), dim=1, keepdim=True),
        Case(input_tensor=Tensor((3, 43), fill="lowest"), dim=None),
    ),
    workloads={"llama_vocabulary": Case(input_tensor=Tensor((4096, 32000), "float16"), dim=-1)},
)
