"""input_tensor ** exponent, NaN for roots of negative numbers; the exponent is a number or a tensor that broadcasts.

Infinities are not tested, because PyTorch itself has two results for (-inf) ** 0.5; 0 ** 0 is not tested either.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.authoring.families.contracts import any_shape
from pytest_kernelbench.authoring.strategies import broadcast, choice, tensors

ORDINARY, EXPONENT = "uniform(0.1, 4)", "uniform(-3, 3)"

SIGNED, WHOLE = "uniform(-2, 2)", "integers(1, 5)"
"""Bases of both signs, and floating exponents that are whole numbers."""


def reference(input_tensor, exponent, out=None):
    return input_tensor.pow(exponent)


def cases(draw, given):
    left, right = draw(broadcast(given))
    fill = None if given.facet == "values" else ORDINARY
    match draw(choice("number", "tensor", "whole")):
        case "number":
            exponent = draw(choice(2, 3, 0.5, -1, 2.5, -2, 1, 0.3, -1.5))
        case "tensor":
            exponent = draw(tensors(given, right, fill=EXPONENT))
        case "whole":
            fill = SIGNED
            exponent = draw(tensors(given, right, fill=WHOLE))
    return Case(input_tensor=draw(tensors(given, left, fill=fill)), exponent=exponent)


def pair(left, right, fill=ORDINARY, exponent=EXPONENT):
    """Return the case of two shapes: the exponent is a tensor."""
    return Case(input_tensor=Tensor(left, fill=fill), exponent=Tensor(right, fill=exponent))


def power(shape, exponent, fill=ORDINARY):
    """Return the case of a shape and an exponent that is a number."""
    return Case(input_tensor=Tensor(shape, fill=fill), exponent=exponent)


task = Task(
    reference,
    cases,
    fixed_cases=(
        power((4, 5), 2.5),
        pair((4, 5), (4, 5)),
        power((1,), 2),
        pair((129,), (129,)),
        power((1025,), 3, "normal(0, 1)"),
        pair((3, 127), (127,), SIGNED, WHOLE),
        power((4099,), -1.5),
        pair((1, 7), (5, 1)),
        pair((2, 1, 3, 17), (4, 1, 17)),
        pair((17,), (3, 5, 17), SIGNED, WHOLE),
        power((33,), 0.5, "uniform(0, 1000)"),
        power((2, 3, 65), 2, "normal(0, 1)"),
        power((65,), 0, "normal(0, 1)"),
        power((65,), 1, "normal(0, 1)"),
        power((65,), -1, "normal(0, 1)"),
        power((65,), -2, "normal(0, 1)"),
        power((63,), 0.3, "normal(0, 1)"),
        pair((3, 127), ()),
        power((0,), 2),
        pair((2, 0, 3), (3,)),
        power((), 3),
        pair((2, 3, 65), (2, 3, 65)),
    ),
    # Denormals are left out: a GPU may flush them to zero, whose roots and reciprocals differ much from theirs.
    contract=any_shape("normal(0, 1)", "uniform(0.001, 0.1)", denormals=False, inf=False),
    elementwise=True,
    workloads={
        "rms_norm_squares": Case(input_tensor=Tensor((8192, 8192), "float16"), exponent=2),
        "gamma_correction": power((64, 3, 1080, 1920), 0.4545, "uniform(0.001, 1)"),
    },
)
