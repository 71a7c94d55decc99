"""Binary cross entropy, -(y * log(p) + (1 - y) * log(1 - p)), of probabilities p and hard or soft labels y.

Each loss is multiplied by its weight where one is given. Probabilities of exactly 0 and 1 are not tested: the formula
is infinite or NaN there, and the documentation has no other value.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.authoring.families.losses import CLASS_WEIGHTS, reduced_losses
from pytest_kernelbench.authoring.strategies import choice, shapes, tensors

PROBABILITIES = "uniform(0.01, 0.99)"
SOFT, HARD = "uniform(0, 1)", "bernoulli(0.5)"


def reference(input, target, weight=None, reduction="mean"):
    import torch

    # The oracle, which alone runs in float64, perturbs labels by one rounding, and PyTorch refuses labels above 1.
    labels = target.clamp(max=1) if target.dtype == torch.float64 else target
    return torch.nn.functional.binary_cross_entropy(input, labels, weight=weight, reduction=reduction)


def cases(draw, given):
    shape = draw(shapes(given, 1, 4))
    weighted = draw(choice(None, shape, shape[-1:]))
    return Case(
        input=draw(tensors(given, shape, fill=None if given.facet == "values" else PROBABILITIES)),
        target=draw(tensors(given, shape, fill=draw(choice(HARD, SOFT)))),
        weight=None if weighted is None else draw(tensors(given, weighted, fill=CLASS_WEIGHTS)),
        reduction=draw(choice("mean", "sum", "none")),
    )


def problem(shape, dtype="float32", target=HARD, weight=None, **options):
    """Return the case of an input shape; `weight` is the shape of the weight, if there is one."""
    weighted = {} if weight is None else {"weight": Tensor(weight, dtype, CLASS_WEIGHTS)}
    return Case(input=Tensor(shape, dtype, PROBABILITIES), target=Tensor(shape, dtype, target), **weighted, **options)


task = Task(
    reference,
    cases,
    fixed_cases=(
        problem((4, 5)),
        problem((1,)),
        problem((129,), reduction="sum"),
        problem((1025,), target=SOFT),
        problem((3, 127), weight=(3, 127)),
        problem((7, 33), target=SOFT, weight=(7, 33), reduction="none"),
        problem((6, 17), weight=(17,), reduction="sum"),
        problem((2, 3, 65), reduction="none"),
        problem((2, 2, 3, 17), target=SOFT, weight=(2, 2, 3, 17), reduction="sum"),
        problem((2049,), target="constant(1)"),
        problem((5, 9), target="constant(0)", reduction="none"),
        problem((4099,)),
    ),
    contract=Contract(values=("uniform(0.4, 0.6)", "uniform(0.01, 0.05)", "uniform(0.95, 0.99)"), nan=False, inf=False),
    accumulation=reduced_losses,
    workloads={
        "multi_label_images": problem((65536, 1000)),
        "segmentation_masks": problem((32, 1, 1024, 1024), weight=(32, 1, 1024, 1024)),
    },
)
