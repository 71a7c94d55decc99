"""Softmax along one dimension, exp(x) / sum(exp(x)), computed in `dtype` where it is given."""

from __future__ import annotations

from pytest_kernelbench import Case, DType, Task, Tensor
from pytest_kernelbench.authoring.strategies import choice, dims, shapes, tensors


def reference(input, dim, dtype=None):
    return input.softmax(dim, dtype=dtype)


def cases(draw, given):
    shape = draw(shapes(given, 1, 4))
    dtype = draw(choice(None, None, DType("float32")))
    return Case(input=draw(tensors(given, shape)), dim=draw(dims(shape)), dtype=dtype)


task = Task(
    reference,
    cases,
    fixed_cases=(
        Case(input=Tensor((6, 40)), dim=-1),
        Case(input=Tensor((1, 1)), dim=0),
        Case(input=Tensor((7, 129)), dim=1),
        Case(input=Tensor((3, 1025)), dim=-1),
        Case(input=Tensor((5, 6, 7)), dim=1),
        Case(input=Tensor((130, 3)), dim=0),
        Case(input=Tensor((2, 3, 4, 33)), dim=-2),
        Case(input=Tensor((2, 2049)), dim=-1),
        Case(input=Tensor((17,)), dim=0),
        Case(input=Tensor((4, 9)), dim=-1, dtype=DType("float32")),
    ),
    accumulation=lambda case: case.input.shape[case.dim],
    # Masked lanes past the end of a row must not win where the whole row is low: they are -inf, and not -1e9.
    value_cases=(
        Case(input=Tensor((6, 40), fill="lowest"), dim=-1),
        Case(input=Tensor((3, 1025), fill="lowest"), dim=-1),
        Case(input=Tensor((5, 6, 7), fill="lowest"), dim=1),
        Case(input=Tensor((3, 33), fill="constant(-3e38)"), dim=-1),
    ),
    workloads={
        "gpt2_vocabulary": Case(input=Tensor((4096, 50257), "float16"), dim=-1),
        "bert_large_scores": Case(input=Tensor((16, 16, 512, 512), "float16"), dim=-1),
    },
)
