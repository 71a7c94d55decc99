"""One step of Lion: the sign of an interpolated momentum, with decoupled weight decay; returns parameter and momentum.

The documentation does not say whether the arguments are updated in place: both are accepted. sign(0) is 0.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.authoring.families.contracts import WITHOUT_DENORMALS
from pytest_kernelbench.authoring.strategies import choice, numbers, shapes, tensors

COARSE = "integers(-3, 4)"
"""Fill of gradients and momenta whose interpolation is exactly 0 or far from it, in every dtype."""


def reference(param, grad, exp_avg, lr=0.0001, beta1=0.9, beta2=0.99, weight_decay=0.0):
    direction = (beta1 * exp_avg + (1 - beta1) * grad).sign()
    moved = param * (1 - lr * weight_decay) - lr * direction
    return moved, beta2 * exp_avg + (1 - beta2) * grad


def cases(draw, given):
    shape = draw(shapes(given, 1, 4))
    # In half precision, the sign of a sum that nearly cancels depends on its rounding.
    fill = None if given.dtype == "float32" else COARSE
    return Case(
        param=draw(tensors(given, shape)),
        grad=draw(tensors(given, shape, fill=fill)),
        exp_avg=draw(tensors(given, shape, fill=fill)),
        lr=draw(choice(1e-4, 0.01, 0.1)),
        beta1=draw(choice(0.9, 0.95)),
        beta2=draw(choice(0.99, 0.9)),
        weight_decay=draw(choice(0.0) | numbers(0.0, 1.0)),
    )


def step(*shape, grad=COARSE, exp_avg=COARSE, **options):
    """Return the case of a parameter of the shape."""
    return Case(param=Tensor(shape), grad=Tensor(shape, fill=grad), exp_avg=Tensor(shape, fill=exp_avg), **options)


task = Task(
    reference,
    cases,
    fixed_cases=(
        step(4, 5, grad="normal", exp_avg="normal"),
        step(4, 5, lr=0.1, weight_decay=0.5),
        step(1, lr=0.01),
        step(7, 19, grad="constant(0)", exp_avg="constant(0)", lr=0.1, weight_decay=0.1),
        step(129, grad="constant(0)", lr=0.1),
        step(129, exp_avg="constant(0)", lr=0.1),
        step(1025, lr=0.05),
        step(2, 3, 5, 7, lr=0.05, beta1=0.95, beta2=0.9),
        step(2049, lr=0.01, beta2=0.5, weight_decay=0.1),
        step(4099, lr=0.1),
        step(3, 43, lr=0.1, beta1=0.0),
    ),
    # Denormals are left out: hardware may flush them to zero, whose sign is 0.
    contract=Contract(values=WITHOUT_DENORMALS, nan=False, inf=False),
    entry="lion_step",
    scratch=("param", "exp_avg"),
    workloads={
        "llama_7b_mlp": Case(
            param=Tensor((11008, 4096)), grad=Tensor((11008, 4096)), exp_avg=Tensor((11008, 4096)), weight_decay=0.1
        ),
    },
)
