"""The pair of the cross entropy of the logits and the layer normalisation of their softmax, both along dimension 1.

The mean divides by the sum of the weights of the targets that are not ignored, for probabilities by their number. `out`
would receive only the second result, and is not tested.

Sequences are as documented; the shipped reference puts `normalized_shape` into another tuple.
"""

from __future__ import annotations

from dataclasses import replace as with_fields
from math import prod

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.authoring.families import losses
from pytest_kernelbench.authoring.strategies import booleans, choice, integers, shapes, tensors


def reference(
    logits,
    targets,
    normalized_shape,
    weight=None,
    ignore_index=-100,
    reduction="mean",
    label_smoothing=0.0,
    eps=1e-05,
    *,
    out=None,
):
    from torch.nn.functional import cross_entropy, layer_norm

    loss = cross_entropy(
        logits, targets, weight, ignore_index=ignore_index, reduction=reduction, label_smoothing=label_smoothing
    )
    shape = (normalized_shape,) if isinstance(normalized_shape, int) else normalized_shape
    return loss, layer_norm(logits.softmax(1), shape, eps=eps)


def cases(draw, given):
    # Few probabilities that happen to be close are mostly rounding error after the normalisation.
    rows, count, *space = draw(shapes(with_fields(given, limit=given.limit // 6), 2, 4))
    shape = rows, count if count >= 6 else count + 5, *space
    if given.facet == "values":
        shape = draw(integers(8, 16)), draw(integers(6, 20)), *draw(choice((), (2,), (1, 3)))
    starts = [axis for axis in range(1, len(shape)) if prod(shape[axis:]) >= 6]
    ignore = draw(choice(-100, -100, 0, -1))
    # With even probabilities the loss loses a large offset of the logits, and with it any tolerance for its rounding.
    probable = given.facet != "values" and draw(integers(0, 3)) == 0
    where = tensors(given, losses.target_shape(shape), "int64", losses.classes(shape, ignore == -1))
    normalised = shape[draw(choice(*starts)) :]
    return Case(
        logits=draw(tensors(given, shape)),
        targets=draw(tensors(given, shape, fill=losses.even(shape)) if probable else where),
        normalized_shape=draw(choice(normalised, [*normalised], *(normalised if len(normalised) == 1 else ()))),
        weight=draw(tensors(given, shape[1:2], fill=losses.CLASS_WEIGHTS)) if draw(booleans()) else None,
        ignore_index=-100 if probable else ignore,
        reduction=draw(choice("mean", "sum", "none")),
        label_smoothing=draw(choice(0.0, 0.0, 0.1, 0.5)),
        eps=draw(choice(1e-5, 1e-3, 0.1)),
    )


def problem(shape, normalised=1, dtype="float32", target=None, weighted=False, probable=False, **options):
    """Return the case of a shape of logits whose last `normalised` dimensions are normalised together."""
    return Case(
        logits=Tensor(shape, dtype),
        targets=Tensor(shape, dtype, losses.even(shape)) if probable else losses.indices(shape, target),
        normalized_shape=shape[-1] if normalised == 1 else shape[-normalised:],
        **losses.class_weights(shape, dtype, weighted),
        **options,
    )


def longest_sum(case):
    """Return the longest of the sums over the classes, over what is normalised together, and over the losses."""
    losses = 1 if case.arguments.get("reduction") == "none" else case.logits.numel // case.logits.shape[1]
    shape = case.normalized_shape
    return max(case.logits.shape[1], shape if isinstance(shape, int) else prod(shape), losses)


task = Task(
    reference,
    cases,
    fixed_cases=(
        problem((8, 5)),
        problem((33, 7), reduction="none", eps=1e-3),
        problem((129, 6), weighted=True),
        problem((16, 5, 2, 2), 3),
        problem((3, 1025), reduction="sum"),
        problem((2, 6, 5, 7), 2, weighted=True, reduction="none", ignore_index=2),
        problem((40, 9), target="integers(-1, 9)", weighted=True, ignore_index=-1, label_smoothing=0.1),
        problem((3, 5, 33), target="integers(-1, 5)", ignore_index=-1, reduction="sum"),
        problem((9, 40), label_smoothing=0.3, reduction="none", eps=0.1),
        problem((5, 17, 3), 2, label_smoothing=0.5, weighted=True, reduction="sum"),
        problem((2, 2049), label_smoothing=0.1),
        problem((9, 8), probable=True, weighted=True),
        problem((3, 129, 2), probable=True, reduction="none", label_smoothing=0.2),
        Case(
            logits=Tensor((4, 31)), targets=Tensor((4,), "int64", "integers(0, 31)"), normalized_shape=[31], weight=None
        ),
        # A target that is ignored has no share of the smoothing either.
        problem((24, 6), target="integers(-1, 2)", ignore_index=-1, label_smoothing=0.5, reduction="none"),
        problem((24, 6), target="integers(-1, 2)", ignore_index=-1, label_smoothing=0.5),
        problem((17, 1)),
    ),
    contract=Contract(
        # Rows of zeros are left out: their probabilities are equal, so their deviations are rounding errors.
        values=(
            "normal(0, 0.01)",
            "normal(0, 30)",
            "normal(1000, 0.1)",
            "outliers",
            "constant(1)",
            "integers(1, 3)",
            "integers(-3, 4)",
        ),
        nan=False,
        inf=False,
        out=False,
    ),
    accumulation=longest_sum,
    workloads={
        "gpt2_vocabulary": problem((8192, 50257), dtype="float16"),
        "imagenet_classifier": problem((16384, 1000), dtype="float16", label_smoothing=0.1),
    },
)
