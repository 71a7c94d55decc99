"""Elements gathered along one dimension by index, replaced by `value` where the mask, which broadcasts, is true."""

from __future__ import annotations

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.authoring.families.masks import true_share
from pytest_kernelbench.authoring.strategies import (
    booleans,
    choice,
    dims,
    indices,
    integers,
    numbers,
    shapes,
    tensors,
)


def reference(input, dim, index, mask, value, *, sparse_grad=False, out=None):
    return input.gather(dim, index, sparse_grad=sparse_grad).masked_fill(mask, value)


def cases(draw, given):
    shape = draw(shapes(given, 1, 4))
    dim = draw(dims(shape))
    picked = [draw(integers(1, size)) for size in shape]
    picked[dim] = draw(integers(1, shape[dim] + 3))
    covered = [draw(choice(size, size, 1)) for size in picked][draw(integers(0, len(picked) - 1)) :]
    return Case(
        input=draw(tensors(given, shape)),
        dim=dim,
        index=draw(indices(given, picked, shape[dim])),
        mask=draw(tensors(given, covered, "bool", "bernoulli(0.4)")),
        value=draw(choice(0.0, float("-inf")) | numbers(-4, 4)),
        sparse_grad=draw(booleans()),
    )


def gathered(shape, dim, picked, covered=None, value=-1.0, dtype="float32", **options):
    """Return the case of an index of the shape `picked` and a mask of the shape `covered`, by default the same."""
    return Case(
        input=Tensor(shape, dtype),
        dim=dim,
        index=Tensor(picked, "int64", f"integers(0, {shape[dim]})"),
        mask=Tensor(covered or picked, "bool", "bernoulli(0.4)"),
        value=value,
        **options,
    )


def needed(case):
    """Return flops and bytes: what the mask hides needs neither an index nor an element, which others may need too."""
    size, shown = case.input.shape[case.dim], 1 - true_share(case.mask)
    lines = case.index.numel // case.index.shape[case.dim]
    different = size * (1 - (1 - 1 / size) ** (shown * case.index.shape[case.dim]))
    itemsize = case.input.nbytes // case.input.numel
    read = case.mask.nbytes + shown * case.index.nbytes + lines * different * itemsize
    return 0, int(read + case.index.numel * itemsize)


task = Task(
    reference,
    cases,
    fixed_cases=(
        gathered((6, 10), 1, (6, 10)),
        gathered((6, 10), 1, (4, 7), value=0.5),
        gathered((9, 5), 0, (13, 3), value=0.0),
        gathered((3, 1025), -1, (3, 1025), value=float("-inf")),
        gathered((2, 40), 1, (2, 129), (129,)),
        gathered((5, 6, 7), 1, (5, 4, 7), (5, 1, 1)),
        gathered((5, 6, 7), 0, (2, 6, 3), (6, 1), value=2.5),
        gathered((2, 3, 4, 17), -2, (2, 3, 9, 16), (1, 9, 16)),
        gathered((1, 1), 0, (1, 1)),
        gathered((17,), 0, (4099,), sparse_grad=True),
    ),
    workloads={
        "deberta_position_scores": gathered(
            (192, 512, 1024), -1, (192, 512, 512), (512, 512), value=float("-inf"), dtype="float16"
        ),
    },
    table="input",
    # The shapes do not tell how much is hidden.
    flops_and_bytes=needed,
)
