"""Kullback-Leibler divergence of targets from log probabilities: target * (log(target) - input), reduced on request.

A target of 0 adds nothing, as in the definition of the divergence; `batchmean` divides the sum by the first size.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.authoring.families.contracts import FINITE
from pytest_kernelbench.authoring.families.losses import reduced_losses
from pytest_kernelbench.authoring.strategies import booleans, choice, shapes, tensors

LOG_PROBABILITIES = "log_probabilities(-1)"
PROBABILITIES = "uniform(0.01, 1)"


def reference(input, target, reduction="batchmean", log_target=False):
    import torch

    return torch.nn.functional.kl_div(input, target, reduction=reduction, log_target=log_target)


def cases(draw, given):
    shape = draw(shapes(given, 1, 4))
    log_target = draw(booleans())
    return Case(
        input=draw(tensors(given, shape, fill=LOG_PROBABILITIES)),
        target=draw(tensors(given, shape, fill=LOG_PROBABILITIES if log_target else PROBABILITIES)),
        reduction=draw(choice("batchmean", "mean", "sum", "none")),
        log_target=log_target,
    )


def problem(*shape, input=LOG_PROBABILITIES, target=PROBABILITIES, dtype="float32", **options):
    """Return the case of one shape."""
    return Case(input=Tensor(shape, dtype, input), target=Tensor(shape, dtype, target), **options)


task = Task(
    reference,
    cases,
    fixed_cases=(
        problem(8, 10),
        problem(1, 1),
        problem(7, 129, target=LOG_PROBABILITIES, log_target=True),
        problem(3, 1025, reduction="sum"),
        problem(33, 17, reduction="mean"),
        problem(5, 65, reduction="none"),
        problem(2, 3, 127, target=LOG_PROBABILITIES, log_target=True, reduction="none"),
        problem(4, 3, 5, 7),
        problem(2, 2049, target=LOG_PROBABILITIES, log_target=True, reduction="mean"),
        problem(6, 9, target="bernoulli(0.3)"),
        problem(6, 9, target="bernoulli(0.3)", reduction="none"),
        problem(9, 33, input="uniform(-30, -5)", target="uniform(-30, -5)", log_target=True, reduction="sum"),
        problem(257, reduction="batchmean"),
    ),
    contract=FINITE,
    accumulation=reduced_losses,
    workloads={
        "llama_distillation": problem(8192, 32000, dtype="bfloat16", target=LOG_PROBABILITIES, log_target=True),
        "bert_distillation": problem(4096, 30522),
    },
)
