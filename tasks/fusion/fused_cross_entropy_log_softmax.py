"""Cross entropy of log_softmax(input, dim) with target classes, or with probabilities of all classes.

`dim` is always the dimension of the classes, 1, counted from either end: the documentation leaves open what another one
means. The mean divides by the sum of the weights of the targets that are not ignored, for probabilities by their
number.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.authoring.families import losses
from pytest_kernelbench.authoring.families.contracts import FINITE
from pytest_kernelbench.authoring.strategies import booleans, choice, integers, shapes, tensors


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
        # With few classes one may be almost certain: the loss of a single row would be mostly rounding error.
        shape = shape[0] + 8, *shape[1:]
    ignore = draw(choice(-100, -100, 0, -1))
    # With even probabilities the loss loses a large offset of the logits, and with it any tolerance for its rounding.
    probable = given.facet != "values" and draw(integers(0, 3)) == 0
    where = tensors(given, losses.target_shape(shape), "int64", losses.classes(shape, ignore == -1))
    return Case(
        input=draw(tensors(given, shape)),
        target=draw(tensors(given, shape, fill=losses.even(shape)) if probable else where),
        dim=draw(choice(1, 1 - len(shape))),
        weight=draw(tensors(given, shape[1:2], fill=losses.CLASS_WEIGHTS)) if draw(booleans()) else None,
        ignore_index=-100 if probable else ignore,
        reduction=draw(choice("mean", "sum", "none")),
        label_smoothing=draw(choice(0.0, 0.0, 0.1, 0.5)),
    )


def problem(shape, dtype="float32", target=None, weighted=False, probable=False, fill="normal", **options):
    """Return the case of one input shape; `target` is the fill of the targets where it is not any class."""
    return Case(
        input=Tensor(shape, dtype, fill),
        target=Tensor(shape, dtype, losses.even(shape)) if probable else losses.indices(shape, target),
        **losses.class_weights(shape, dtype, weighted),
        **options,
    )


def longest_sum(case):
    """Return the longer of the two sums, over the classes and over the losses."""
    losses = 1 if case.arguments.get("reduction") == "none" else case.input.numel // case.input.shape[1]
    return max(case.input.shape[1], losses)


task = Task(
    reference,
    cases,
    fixed_cases=(
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
        # A target that is ignored has no share of the smoothing either.
        problem((24, 6), target="integers(-1, 2)", ignore_index=-1, label_smoothing=0.5, reduction="none"),
        problem((24, 6), target="integers(-1, 2)", ignore_index=-1, label_smoothing=0.5),
        problem((17, 1)),
    ),
    # Masked lanes past the end of a row must not win where the whole row is low: they are -inf, and not -1e9.
    value_cases=(
        problem((8, 5), fill="uniform(-2e10, -1e10)", reduction="none"),
        problem((3, 129), fill="uniform(-2e10, -1e10)"),
    ),
    contract=FINITE,
    accumulation=longest_sum,
    workloads={
        "gpt2_vocabulary": problem((8192, 50257), "float16"),
        "cityscapes_segmentation": problem((4, 19, 512, 1024), "float16", target="integers(-1, 19)", ignore_index=-1),
    },
)
