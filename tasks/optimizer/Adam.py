"""Adam, an optimizer over parameter tensors, judged by the parameters after several steps.

The shipped test compares only the stored options and never takes a step. Options may change between steps, as
schedulers change them in `param_groups`, and a parameter may have no gradient in a step, as PyTorch documents for
every optimizer.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.authoring.families.contracts import FINITE
from pytest_kernelbench.authoring.strategies import booleans, choice, integers, shapes, tensors

POSITIVE, NEGATIVE = "uniform(0.5, 2)", "uniform(-2, -0.5)"
"""Fills of parameters of ordinary size: a step is neither lost in rounding, nor is its error magnified."""


def reference(params, lr=0.001, betas=(0.9, 0.999), eps=1e-08, weight_decay=0):
    import torch

    return torch.optim.Adam(params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)


def cases(draw, given):
    sizes = [draw(shapes(given, 1, 4)) for _ in range(draw(integers(1, 3)))]
    fills = [draw(choice(POSITIVE, NEGATIVE)) for _ in sizes]
    params = [draw(tensors(given, shape, fill=fill)) for shape, fill in zip(sizes, fills, strict=True)]
    gradients = [[draw(tensors(given, shape)) for shape in sizes] for _ in range(draw(integers(1, 4)))]
    if draw(booleans()):
        step, param = draw(integers(0, len(gradients) - 1)), draw(integers(0, len(sizes) - 1))
        gradients[step][param] = None
    changes = [draw(choice((), (), (("lr", 0.02),), (("lr", 0.2), ("weight_decay", 0.2)))) for _ in gradients]
    return Case(
        params=params,
        gradients=gradients,
        changes=changes,
        lr=draw(choice(0.001, 0.05, 0.1)),
        betas=draw(choice((0.9, 0.999), (0.5, 0.9), (0.0, 0.99))),
        eps=draw(choice(1e-8, 1e-3)),
        weight_decay=draw(choice(0, 0.1)),
    )


def steps(count, *sizes, gradient="normal", without=(), **options):
    """Return the case of `count` steps on one parameter of each shape.

    `without` are pairs of a step and a parameter that has no gradient in it.
    """
    fills = (POSITIVE, NEGATIVE)
    return Case(
        params=[Tensor(shape, fill=fills[index % 2]) for index, shape in enumerate(sizes)],
        gradients=[
            [None if (step, index) in without else Tensor(shape, fill=gradient) for index, shape in enumerate(sizes)]
            for step in range(count)
        ],
        **options,
    )


task = Task(
    reference,
    cases,
    fixed_cases=(
        steps(3, (4, 5)),
        steps(1, (1,), lr=0.05),
        steps(2, (4, 5), (7,), (2, 3, 5), lr=0.05),
        steps(3, (129,), (3, 43), lr=0.05, weight_decay=0.1),
        steps(3, (1025,), lr=0.05, betas=(0.5, 0.9)),
        steps(2, (2049,), lr=0.1, eps=1e-3),
        steps(2, (4099,), lr=0.05),
        steps(10, (6,), (1,), lr=0.05),
        steps(3, (9,), lr=0.05, eps=0.1, weight_decay=0.5),
        steps(3, (17,), gradient="normal(0, 1e-8)", lr=0.05),
        steps(3, (17,), gradient="constant(0)", lr=0.05, weight_decay=0.1),
        steps(2, (5,), gradient="constant(0)"),
        # What a scheduler writes to `param_groups` counts from the next step on.
        steps(4, (33,), (5,), lr=0.05, changes=[(), (("lr", 0.2),), (("lr", 0.01),), ()]),
        steps(3, (33,), lr=0.05, changes=[(), (("weight_decay", 0.5),), (("betas", (0.5, 0.8)), ("eps", 0.1))]),
        # A parameter without a gradient stays as it is, and its next step is corrected by its own count.
        steps(3, (17,), (9,), lr=0.05, without=((0, 1), (1, 0))),
        steps(2, (17,), (9,), lr=0.05, weight_decay=0.1, without=((0, 0), (1, 0))),
    ),
    dtypes=("float32", "bfloat16"),
    contract=FINITE,
    calling_convention="optimizer",
    accumulation=lambda case: len(case.gradients),
    scratch=("params",),
    workloads={
        "gpt2_small_embedding": Case(params=[Tensor((50257, 768))], gradients=[[Tensor((50257, 768))]]),
        "llama_7b_mlp": Case(
            params=[Tensor((11008, 4096)), Tensor((11008, 4096)), Tensor((4096, 11008))],
            gradients=[[Tensor((11008, 4096)), Tensor((11008, 4096)), Tensor((4096, 11008))]],
            weight_decay=0.1,
        ),
    },
)
