"""One step of gradient descent with momentum; returns the parameter and the momentum buffer.

The documentation does not say whether the arguments are updated in place: both are accepted. It does not say either
what is returned beside the parameter if momentum is 0, and whether dampening applies when there is no buffer yet:
neither is tested.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.authoring.families.contracts import FINITE
from pytest_kernelbench.authoring.strategies import booleans, choice, numbers, shapes, tensors


def reference(param, grad, momentum_buffer=None, lr=0.1, momentum=0.9, weight_decay=0.0, dampening=0.0, nesterov=False):
    decayed = grad + weight_decay * param
    buffer = decayed if momentum_buffer is None else momentum * momentum_buffer + (1 - dampening) * decayed
    direction = decayed + momentum * buffer if nesterov else buffer
    return param - lr * direction, buffer


def cases(draw, given):
    shape = draw(shapes(given, 1, 4))
    kind = draw(choice("plain", "first", "nesterov", "dampened"))
    return Case(
        param=draw(tensors(given, shape)),
        grad=draw(tensors(given, shape)),
        momentum_buffer=None if kind == "first" else draw(tensors(given, shape)),
        lr=draw(choice(0.1, 0.001, 1.0)),
        momentum=draw(choice(0.9, 0.5, 0.99)),
        weight_decay=draw(choice(0.0) | numbers(0.0, 1.0)),
        dampening=draw(numbers(0.0, 1.0)) if kind == "dampened" else 0.0,
        nesterov=kind == "nesterov" or (kind == "first" and draw(booleans())),
    )


def step(*shape, grad="normal", buffer="normal", **options):
    """Return the case of a parameter of the shape; without a buffer where `buffer` is None."""
    return Case(
        param=Tensor(shape),
        grad=Tensor(shape, fill=grad),
        momentum_buffer=None if buffer is None else Tensor(shape, fill=buffer),
        **options,
    )


task = Task(
    reference,
    cases,
    fixed_cases=(
        step(4, 5),
        step(4, 5, buffer=None),
        step(1, lr=0.5),
        step(7, 19, weight_decay=0.5),
        step(129, nesterov=True),
        step(129, buffer=None, nesterov=True, weight_decay=0.1),
        step(1025, momentum=0.5, dampening=0.25),
        step(2, 3, 5, 7, lr=1.0, momentum=0.99),
        step(2049, lr=0.05, weight_decay=0.01, nesterov=True),
        step(4099),
        step(3, 43, grad="constant(0)", dampening=1.0, weight_decay=0.1),
    ),
    contract=FINITE,
    entry="sgd_step",
    scratch=("param", "momentum_buffer"),
    workloads={
        "llama_7b_mlp": Case(
            param=Tensor((11008, 4096)), grad=Tensor((11008, 4096)), momentum_buffer=Tensor((11008, 4096))
        ),
    },
)
