"""where(cond, input.expand(target_sizes), other), where cond and other broadcast to `target_sizes`."""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.authoring.strategies import choice, integers, shapes, tensors

HALF = "bernoulli(0.5)"


def reference(input, target_sizes, cond, other):
    import torch

    return torch.where(cond, input.expand(target_sizes), other)


def cases(draw, given):
    target = draw(shapes(given, 1, 4))
    given_shape = _narrowed(draw, target)
    lead = len(target) - len(given_shape)
    kept = draw(choice(False, False, True))
    return Case(
        input=draw(tensors(given, given_shape)),
        target_sizes=tuple(
            -1 if kept and axis >= lead and given_shape[axis - lead] == size else size
            for axis, size in enumerate(target)
        ),
        cond=draw(tensors(given, _narrowed(draw, target), "bool", HALF)),
        other=draw(tensors(given, _narrowed(draw, target))),
    )


def _narrowed(draw, shape):
    """Draw a shape that broadcasts to the given one: with dimensions of 1, and without leading ones."""
    ones = tuple(1 if draw(choice(False, False, True)) else size for size in shape)
    return ones[draw(choice(0, 0, 0) | integers(0, len(shape))) :]


def chosen(input, target, cond, other, dtype="float32", fill=HALF):
    """Return the case of four shapes."""
    return Case(
        input=Tensor(input, dtype), target_sizes=target, cond=Tensor(cond, "bool", fill), other=Tensor(other, dtype)
    )


task = Task(
    reference,
    cases,
    fixed_cases=(
        chosen((1, 9), (6, 9), (6, 1), (6, 9)),
        chosen((1,), (1,), (1,), (1,)),
        chosen((5, 1), (5, 129), (5, 129), (5, 129)),
        chosen((1025,), (3, 1025), (1, 1025), (3, 1)),
        chosen((3, 1, 5), (3, 4, 5), (4, 1), (5,)),
        chosen((1, 1), (7, 33), (7, 33), ()),
        chosen((3, 1), (2, -1, 65), (65,), (2, 3, 65)),
        chosen((2, 3, 1, 17), (2, 3, 4, -1), (2, 1, 4, 1), (1, 3, 1, 17)),
        chosen((4, 6), [4, 6], (4, 6), (4, 6)),
        chosen((), (3, 127), (127,), (3, 1)),
        chosen((2049,), (2049,), (1,), (2049,)),
        chosen((1, 9), (4, 9), (4, 9), (1, 9), fill="constant(1)"),
        chosen((4, 1), (4, 9), (4, 9), (4, 9), fill="constant(0)"),
        chosen((1, 0), (3, 0), (3, 1), (3, 0)),
        chosen((5, 1), (5, 17), (), (17,)),
        chosen((1, 4099), (1, 4099), (1, 1), (1, 4099)),
    ),
    dtypes=("float32", "float16", "bfloat16", "int64", "int32"),
    contract=Contract(empty=True),
    workloads={
        "padding_mask": chosen((32, 1, 4096), (32, 512, 4096), (32, 512, 1), (1, 1, 4096), "float16"),
        "attention_mask": chosen(
            (1, 1, 1, 1), (16, 16, 1024, 1024), (1, 1, 1024, 1024), (16, 16, 1024, 1024), "float16"
        ),
    },
)
