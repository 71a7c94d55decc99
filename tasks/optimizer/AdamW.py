"""One step of AdamW, Adam with decoupled weight decay; returns the parameter and both moments.

`step` counts from 1 and includes this step. The documentation does not say whether the arguments are updated in place:
both are accepted.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.authoring.families.contracts import FINITE
from pytest_kernelbench.authoring.strategies import choice, integers, numbers, shapes, tensors

SQUARES = "uniform(0.05, 2)"


def reference(param, grad, exp_avg, exp_avg_sq, step, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-08, weight_decay=0.01):
    average = beta1 * exp_avg + (1 - beta1) * grad
    squares = beta2 * exp_avg_sq + (1 - beta2) * grad * grad
    width = (squares / (1 - beta2**step)).sqrt() + eps
    moved = param * (1 - lr * weight_decay) - lr / (1 - beta1**step) * average / width
    return moved, average, squares


def cases(draw, given):
    shape = draw(shapes(given, 1, 4))
    return Case(
        param=draw(tensors(given, shape)),
        grad=draw(tensors(given, shape)),
        exp_avg=draw(tensors(given, shape)),
        exp_avg_sq=draw(tensors(given, shape, fill=SQUARES)),
        step=draw(choice(1, 2, 10, 1000, 20_000) | integers(1, 100)),
        lr=draw(choice(0.001, 0.01, 0.1)),
        beta1=draw(choice(0.9, 0.5, 0.95)),
        beta2=draw(choice(0.999, 0.95, 0.9)),
        eps=draw(choice(1e-8, 1e-3, 0.1)),
        weight_decay=draw(choice(0.01, 0.0) | numbers(0.0, 1.0)),
    )


def moved(*shape, step=3, grad="normal", exp_avg="normal", exp_avg_sq=SQUARES, dtype="float32", **options):
    """Return the case of a parameter of the shape."""
    return Case(
        param=Tensor(shape, dtype),
        grad=Tensor(shape, dtype, grad),
        exp_avg=Tensor(shape, dtype, exp_avg),
        exp_avg_sq=Tensor(shape, dtype, exp_avg_sq),
        step=step,
        **options,
    )


task = Task(
    reference,
    cases,
    fixed_cases=(
        moved(4, 5),
        moved(4, 5, step=1, exp_avg="constant(0)", exp_avg_sq="constant(0)", lr=0.1),
        moved(1, step=2, lr=0.1),
        moved(7, 19, step=100, lr=0.1, weight_decay=0.5),
        moved(129, step=1, grad="constant(0)", exp_avg="constant(0)", exp_avg_sq="constant(0)", weight_decay=0.1),
        moved(129, lr=0.1, weight_decay=0.0),
        moved(1025, lr=0.1, beta1=0.5),
        moved(2, 3, 5, 7, lr=0.1, eps=0.1),
        moved(2049, step=10, lr=0.1, beta2=0.9),
        moved(4099, lr=0.1),
        moved(3, 43, step=20_000, lr=0.5, eps=1e-3, weight_decay=1.0),
        moved(9, step=2, lr=0.1, beta1=0.0, beta2=0.0),
    ),
    contract=FINITE,
    entry="adamw_step",
    scratch=("param", "exp_avg", "exp_avg_sq"),
    workloads={
        "gpt2_small_embedding": moved(50257, 768, step=1000),
        "llama_7b_mlp": moved(11008, 4096, step=1000, weight_decay=0.1),
    },
)
