"""Hyperbolic tangent, tanh(x), element by element; `out_tensor`, where it is given, is written and returned."""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.authoring.strategies import booleans, shapes, tensors
from pytest_kernelbench.authoring.strategies.families import ELEMENTWISE_SHAPES


def reference(input_tensor, out_tensor=None):
    result = input_tensor.tanh()
    return result if out_tensor is None else out_tensor.copy_(result)


def cases(draw, given):
    shape = draw(shapes(given, 1, 4))
    input_tensor = draw(tensors(given, shape))
    if draw(booleans()):
        return Case(input_tensor=input_tensor, out_tensor=draw(tensors(given, shape, fill="junk")))
    return Case(input_tensor=input_tensor)


def into(shape):
    """Return the case of a shape with an output tensor."""
    return Case(input_tensor=Tensor(shape), out_tensor=Tensor(shape, fill="junk"))


task = Task(
    reference,
    cases,
    fixed_cases=(
        *(Case(input_tensor=Tensor(shape)) for shape in (*ELEMENTWISE_SHAPES, (0,), (2, 0, 3), ())),
        into((4, 5)),
        into((3, 127)),
        into((2, 3, 65)),
    ),
    contract=Contract(empty=True, zero_dim=True),
    # It is not named `out`, so it is judged as an argument that is written.
    mutates=("out_tensor",),
    workloads={"lstm_2048_candidates": Case(input_tensor=Tensor((16384, 2048), "float16"))},
)
