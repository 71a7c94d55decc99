"""Squared error of input and target, element by element, averaged or summed as asked."""

from __future__ import annotations

import math

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.strategies import choice, shapes, tensors


def reference(input, target, reduction="mean"):
    import torch

    return torch.nn.functional.mse_loss(input, target, reduction=reduction)


def cases(draw, given):
    shape = draw(shapes(given, 1, 4))
    return Case(
        input=draw(tensors(given, shape)),
        target=draw(tensors(given, shape)),
        reduction=draw(choice("mean", "sum", "none")),
    )


def problem(*shape, dtype="float32", **options):
    """Return the case of one shape."""
    return Case(input=Tensor(shape, dtype), target=Tensor(shape, dtype, seed=1), **options)


task = Task(
    reference,
    cases,
    spine=(
        problem(4, 5),
        problem(1),
        problem(129, reduction="sum"),
        problem(1025),
        problem(3, 127),
        problem(7, 33, reduction="none"),
        problem(2, 3, 65, reduction="none"),
        problem(2, 2, 3, 17, reduction="sum"),
        problem(4099),
        problem(2049, reduction="none"),
        problem(),
        problem(2, 0, 3, reduction="none"),
        problem(0, reduction="sum"),
    ),
    contract=Contract(zero_dim=True),
    accumulation=lambda case: 1 if case.arguments.get("reduction") == "none" else math.prod(case.input.shape),
    workloads={
        "latent_diffusion_noise": problem(1024, 4, 64, 64, dtype="float16"),
        "masked_autoencoder_pixels": problem(256, 147, 768, dtype="float32"),
    },
)
