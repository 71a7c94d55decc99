"""One step of RMSProp, param - lr * grad / (sqrt(mean square) + eps); returns the parameter and the mean square.

The documentation does not say whether the arguments are updated in place: both are accepted.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.authoring.families.contracts import FINITE
from pytest_kernelbench.authoring.strategies import choice, numbers, shapes, tensors

SQUARES = "uniform(0.05, 2)"


def reference(param, grad, square_avg, lr=0.01, alpha=0.99, eps=1e-08, weight_decay=0.0):
    decayed = grad + weight_decay * param
    squares = alpha * square_avg + (1 - alpha) * decayed * decayed
    return param - lr * decayed / (squares.sqrt() + eps), squares


def cases(draw, given):
    shape = draw(shapes(given, 1, 4))
    return Case(
        param=draw(tensors(given, shape)),
        grad=draw(tensors(given, shape)),
        square_avg=draw(tensors(given, shape, fill=SQUARES)),
        lr=draw(choice(0.01, 0.1, 0.5)),
        alpha=draw(choice(0.99, 0.9, 0.5)),
        eps=draw(choice(1e-8, 1e-3, 0.1)),
        weight_decay=draw(choice(0.0) | numbers(0.0, 1.0)),
    )


def step(*shape, grad="normal", square_avg=SQUARES, **options):
    """Return the case of a parameter of the shape."""
    return Case(
        param=Tensor(shape), grad=Tensor(shape, fill=grad), square_avg=Tensor(shape, fill=square_avg), **options
    )


task = Task(
    reference,
    cases,
    fixed_cases=(
        step(4, 5),
        step(4, 5, lr=0.1, weight_decay=0.5),
        step(1, lr=0.1),
        step(7, 19, square_avg="constant(0)", lr=0.1),
        step(129, grad="constant(0)", square_avg="constant(0)"),
        step(129, grad="constant(0)", lr=0.1, weight_decay=0.1),
        step(1025, lr=0.1, alpha=0.9),
        step(2, 3, 5, 7, lr=0.1, eps=0.1),
        step(2049, lr=0.1, alpha=0.5, weight_decay=0.1),
        step(4099, lr=0.1),
        step(3, 43, lr=0.5, alpha=0.0, eps=1e-3),
    ),
    contract=FINITE,
    entry="rmsprop_step",
    scratch=("param", "square_avg"),
    workloads={
        "llama_7b_mlp": Case(
            param=Tensor((11008, 4096)), grad=Tensor((11008, 4096)), square_avg=Tensor((11008, 4096), fill=SQUARES)
        ),
    },
)
