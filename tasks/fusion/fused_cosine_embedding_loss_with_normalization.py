"""Cosine embedding loss of two batches of vectors, each normalised to length 1 first.

As documented, the loss is 1 - cos for the target 1 and max(0, cos - margin) for -1; the shipped reference has another
formula. Vectors are not parallel: where the cosine is 1, the loss is mostly rounding error.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.authoring.strategies import choice, integers, sizes, tensors


def reference(input1, input2, target, margin=0, reduction="mean"):
    from torch.nn.functional import cosine_embedding_loss, normalize

    return cosine_embedding_loss(normalize(input1), normalize(input2), target, margin, reduction=reduction)


def cases(draw, given):
    if given.facet == "values":
        shape = draw(integers(4, 16)), draw(integers(16, 64))
    else:
        width = draw(sizes(given, 8))
        shape = draw(sizes(given, 1, given.limit // width)), width
    return Case(
        input1=draw(tensors(given, shape)),
        input2=draw(tensors(given, shape)),
        target=draw(tensors(given, shape[:1], "int64", draw(choice("signs", "constant(1)", "constant(-1)")))),
        margin=draw(choice(0, 0.5, -0.25, 0.1)),
        reduction=draw(choice("mean", "sum", "none")),
    )


def compared(rows, width, target="signs", dtype="float32", **options):
    """Return the case of two batches of `rows` vectors."""
    return Case(
        input1=Tensor((rows, width), dtype),
        input2=Tensor((rows, width), dtype),
        target=Tensor((rows,), "int64", target),
        **options,
    )


task = Task(
    reference,
    cases,
    fixed_cases=(
        compared(8, 16),
        compared(8, 16, "constant(-1)"),
        compared(5, 33, reduction="none"),
        compared(17, 9, "constant(-1)", reduction="none", margin=0.1),
        compared(33, 8, "constant(-1)", reduction="sum", margin=-0.25),
        compared(3, 1025, reduction="sum"),
        compared(2, 2049, "constant(-1)", margin=-0.5),
        compared(129, 10),
        compared(1025, 4, "constant(-1)", margin=0.5),
        compared(1, 127, reduction="none"),
        compared(4, 1030),
    ),
    contract=Contract(
        values=("normal(0, 0.01)", "normal(0, 30)", "outliers", "integers(0, 2)", "integers(-3, 4)", "signed_zeros"),
        nan=False,
        inf=False,
    ),
    accumulation=lambda case: max(
        1 if case.arguments.get("reduction") == "none" else case.target.numel, case.input1.shape[1]
    ),
    workloads={
        "sentence_bert_pairs": compared(65536, 768, dtype="float16"),
        "clip_hard_negatives": compared(32768, 1024, "constant(-1)", dtype="float16", margin=0.2),
    },
)
