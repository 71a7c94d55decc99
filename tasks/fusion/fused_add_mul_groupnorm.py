"""Group normalisation of `(input1 + input2) * input2`, with a scale and a shift for each channel.

`input2` broadcasts to the shape of `input1`. A group has more than one element, or the batch has several entries.
"""

from __future__ import annotations

from dataclasses import replace as with_fields
from math import prod

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.authoring.strategies import choice, integers, shapes, tensors


def reference(input1, input2, weight, bias, num_groups, eps=1e-05, *, out=None):
    from torch.nn.functional import group_norm

    return group_norm((input1 + input2) * input2, num_groups, weight, bias, eps)


def cases(draw, given):
    batch, groups = draw(integers(1, 3)), draw(integers(1, 4))
    deep, *space = draw(shapes(with_fields(given, limit=given.limit // (batch * groups)), 1, 4))
    shape = (2 if batch * deep * prod(space) == 1 else batch, groups * deep, *space)
    covered = [draw(choice(size, size, 1)) for size in shape][draw(integers(0, len(shape) - 1)) :]
    return Case(
        input1=draw(tensors(given, shape)),
        # A group of equal elements is normalised to rounding errors, so extreme values differ within a group.
        input2=draw(tensors(given, shape if given.facet == "values" else covered)),
        weight=draw(tensors(given, shape[1:2])),
        bias=draw(tensors(given, shape[1:2])),
        num_groups=groups,
        eps=draw(choice(1e-5, 1e-3, 0.1)),
    )


def images(shape, groups, covered=None, dtype="float32", **options):
    """Return the case of a shape (batch, channels, ...); `covered` is that of the second input, by default the same."""
    return Case(
        input1=Tensor(shape, dtype),
        input2=Tensor(covered or shape, dtype),
        weight=Tensor(shape[1:2], dtype),
        bias=Tensor(shape[1:2], dtype),
        num_groups=groups,
        **options,
    )


task = Task(
    reference,
    cases,
    fixed_cases=(
        images((2, 6, 4, 5), 3),
        images((2, 6, 4, 5), 1, eps=1e-3),
        images((3, 4, 5, 7), 4, (4, 1, 1)),
        images((2, 8, 9), 2, (9,), eps=0.1),
        images((5, 12), 3),
        images((3, 129), 1, (129,)),
        images((1, 6, 3, 3, 7), 2, (1, 1, 3, 1, 7)),
        images((1, 2, 41, 25), 1),
        images((2, 3, 1025), 3, (2, 1, 1025)),
        images((1, 65, 2, 3), 5),
        images((1, 130, 3, 3), 65, (1,)),
        images((4, 7, 1), 7),
    ),
    contract=Contract(inf=False),
    accumulation=lambda case: prod(case.input1.shape[1:]) // case.num_groups,
    workloads={
        "stable_diffusion_unet_64": images((16, 320, 64, 64), 32, dtype="float16"),
        "stable_diffusion_time_embedding": images((16, 640, 32, 32), 32, (16, 640, 1, 1), dtype="float16"),
    },
)
