"""Cross entropy of the logits along dimension 1 with target classes, or with probabilities of all classes.

`dim` is always the dimension of the classes, 1, counted from either end: what another one means is left open. The
mean of indices divides by the weights of the targets that count, that of probabilities by their number.
"""

from __future__ import annotations

from math import prod

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.strategies import booleans, choice, integers, shapes, tensors

WEIGHT = "uniform(0.1, 2)"


def reference(input, target, dim=1, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    from torch.nn.functional import cross_entropy

    return cross_entropy(
        input.log_softmax(dim),
        target,
        weight,
        ignore_index=ignore_index,
        reduction=reduction,
        label_smoothing=label_smoothing,
    )


def cases(draw, given):
    shape = draw(shapes(given, 2, 4))
    if given.facet == "values":
        shape = draw(integers(8, 16)), draw(integers(5, 20)), *draw(choice((), (2,), (1, 3)))
    elif shape[1] < 5:
        # Among few classes one can be all but certain: the loss of one row alone would be all rounding.
        shape = shape[0] + 8, *shape[1:]
    ignore = draw(choice(-100, -100, 0, -1))
    # Even probabilities cancel the sensitivity to logits with a large offset, and with it the allowance for rounding.
    probable = given.facet != "values" and draw(integers(0, 3)) == 0
    where = tensors(given, target_shape(shape), "int64", classes(shape, ignore == -1))
    return Case(
        input=draw(tensors(given, shape)),
        target=draw(tensors(given, shape, fill=even(shape)) if probable else where),
        dim=draw(choice(1, 1 - len(shape))),
        weight=draw(tensors(given, shape[1:2], fill=WEIGHT)) if draw(booleans()) else None,
        ignore_index=-100 if probable else ignore,
        reduction=draw(choice("mean", "sum", "none")),
        label_smoothing=draw(choice(0.0, 0.0, 0.1, 0.5)),
    )


def target_shape(shape):
    """Return the input's shape without its dimension of classes."""
    return (shape[0], *shape[2:])


def classes(shape, outside=False):
    """Return the fill of the targets: any class, and -1 too where that is the index to ignore."""
    return f"integers({-1 if outside else 0}, {shape[1]})"


def even(shape):
    """Return the fill of probabilities: the same for all classes."""
    return f"constant({1 / shape[1]})"


def problem(shape, dtype="float32", target=None, weighted=False, probable=False, **options):
    """Return the case of one input shape; `target` is the fill of the targets where it is not any class."""
    indices = Tensor(target_shape(shape), "int64", target or classes(shape))
    return Case(
        input=Tensor(shape, dtype),
        target=Tensor(shape, dtype, even(shape)) if probable else indices,
        **({"weight": Tensor(shape[1:2], dtype, WEIGHT)} if weighted else {}),
        **options,
    )


def longest_sum(case):
    """Return the longer of the two sums, over the classes and over the losses."""
    losses = 1 if case.arguments.get("reduction") == "none" else prod(target_shape(case.input.shape))
    return max(case.input.shape[1], losses)


task = Task(
    reference,
    cases,
    spine=(
        problem((8, 5)),
        problem((33, 7), reduction="none", dim=-1),
        problem((129, 6), weighted=True),
        problem((64, 5, 2, 2), dim=-3),
        problem((3, 1025), reduction="sum"),
        problem((2, 6, 5, 7), weighted=True, reduction="none", ignore_index=2, dim=1),
        problem((40, 9), target="integers(-1, 9)", weighted=True, ignore_index=-1, label_smoothing=0.1),
        problem((3, 5, 33), target="integers(-1, 5)", ignore_index=-1, reduction="sum", dim=-2),
        problem((9, 40), label_smoothing=0.3, reduction="none"),
        problem((5, 17, 3), label_smoothing=0.5, weighted=True, reduction="sum"),
        problem((2, 2049), label_smoothing=0.1),
        problem((9, 8), probable=True, weighted=True),
        problem((3, 129, 2), probable=True, reduction="none", label_smoothing=0.2),
        problem((17, 1)),
    ),
    contract=Contract(nan=False, inf=False),
    accumulation=longest_sum,
    workloads={
        "gpt2_vocabulary": problem((8192, 50257), "float16"),
        "cityscapes_segmentation": problem((4, 19, 512, 1024), "float16", target="integers(-1, 19)", ignore_index=-1),
    },
)
