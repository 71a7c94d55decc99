"""tanh(weight[input_indices] + other), where other broadcasts.

With `max_norm` the rows that are looked up are scaled down to that norm; the documentation does not say whether the
matrix itself is changed, so both are accepted. `padding_idx`, `scale_grad_by_freq` and `sparse` affect only gradients.

`out` is written as documented; the shipped reference ignores it.
"""

from __future__ import annotations

from dataclasses import replace as with_fields

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.authoring.strategies import booleans, choice, indices, integers, maybe, shapes, sizes, tensors


def reference(
    input_indices,
    weight,
    other,
    *,
    padding_idx=None,
    max_norm=None,
    norm_type=2.0,
    scale_grad_by_freq=False,
    sparse=False,
    out=None,
):
    from torch.nn.functional import embedding

    rows = embedding(input_indices, weight, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse)
    return (rows + other).tanh()


def cases(draw, given):
    depth = draw(sizes(given, 16 if given.facet == "values" else 2, 300))
    room = max(1, given.limit // depth)
    count = draw(integers(1, min(40, room)))
    picked = draw(shapes(with_fields(given, limit=room), 1, 3))
    full = (*picked, depth)
    covered = [draw(choice(size, size, 1)) for size in full][draw(integers(0, len(full) - 1)) :]
    weight = draw(tensors(given, (count, depth)))
    return Case(
        input_indices=draw(indices(given, picked, count)),
        weight=weight,
        other=draw(tensors(given, covered)),
        padding_idx=draw(maybe(integers(-count, count - 1))),
        # The documentation does not say how a row with an infinite norm is scaled.
        max_norm=None if weight.fill in ("nan", "inf") else draw(choice(None, 2.5, 1.0)),
        norm_type=draw(choice(2.0, 1.0, 3.0)),
        scale_grad_by_freq=draw(booleans()),
        sparse=draw(booleans()),
    )


def looked_up(picked, count, depth, covered=None, dtype="float32", **options):
    """Return the case of `count` embeddings, indices and the shape of `other`, by default that of the rows."""
    return Case(
        input_indices=Tensor(picked, "int64", f"integers(0, {count})"),
        weight=Tensor((count, depth), dtype),
        other=Tensor((*picked, depth) if covered is None else covered, dtype),
        **options,
    )


task = Task(
    reference,
    cases,
    fixed_cases=(
        looked_up((6,), 10, 16),
        looked_up((4, 5), 10, 16, (5, 16), padding_idx=3),
        looked_up((5,), 7, 129),
        looked_up((2,), 3, 1025, (1025,)),
        looked_up((33,), 65, 8, (33, 1), max_norm=2.5),
        looked_up((5, 3), 9, 33, max_norm=2.5, norm_type=1.0),
        looked_up((2, 3, 2), 4, 17, (3, 1, 17), max_norm=1.0, norm_type=3.0, padding_idx=-1),
        looked_up((129,), 1, 3, (1,)),
        looked_up((1025,), 17, 1, scale_grad_by_freq=True),
        looked_up((7,), 130, 5, (), sparse=True),
        looked_up((), 6, 31),
        looked_up((3, 0), 6, 5, (5,)),
        looked_up((4,), 3, 1030, (1030,)),
    ),
    contract=Contract(empty=True, zero_dim=True),
    accumulation=lambda case: 1 if case.arguments.get("max_norm") is None else case.weight.shape[1],
    scratch=lambda case: ("weight",) if case.arguments.get("max_norm") else (),
    workloads={
        "gpt2_tokens_and_positions": looked_up((32, 1024), 50257, 768, (1024, 768), "float16"),
        "bert_base_renormalised": looked_up((64, 512), 30522, 768, (512, 768), "float16", max_norm=2.5, padding_idx=0),
    },
    table="weight",
)
