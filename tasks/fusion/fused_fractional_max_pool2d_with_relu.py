"""ReLU, then maxima of windows whose steps are random: the windows are open, but each result is that of a legal one.

Legal windows have the kernel's size, begin in the first row and column and end in the last, and step by the mean step
rounded down or up; a single window may lie anywhere. Nothing demands other windows in a second call.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.strategies import booleans, choice, integers, tensors
from pytest_kernelbench.strategies.conv import images, pair


def reference(input, kernel_size, output_size=None, output_ratio=None, return_indices=False):
    from torch.nn.functional import fractional_max_pool2d

    return fractional_max_pool2d(input.relu(), kernel_size, output_size, output_ratio, return_indices)


def claims(arguments, outputs):
    """Yield what must hold of the maxima and, where they are returned, of their indices."""
    import torch

    def same(left, right):
        return (left == right) | (left.isnan() & right.isnan())

    image, pooled = arguments["input"].relu(), outputs[0]
    kernel, sizes = pair(arguments["kernel_size"]), image.shape[2:]
    legal = [starts(*sides) for sides in zip(sizes, kernel, pooled.shape[2:], strict=True)]
    maxima = torch.nn.functional.max_pool2d(image, kernel, stride=1)
    rows, columns = (
        torch.tensor([[at in window for at in range(count)] for window in windows])
        for windows, count in zip(legal, maxima.shape[2:], strict=True)
    )
    found = same(maxima[:, :, None, None], pooled[..., None, None]) & rows[:, None, :, None] & columns[:, None]
    yield "each result is the maximum of a legal window", ~found.flatten(-2).any(-1), None
    for index in outputs[1:]:
        at = index.clamp(0, sizes[0] * sizes[1] - 1)
        pointed = image.flatten(2).gather(2, at.flatten(2)).reshape(pooled.shape)
        yield "each index is that of an element equal to the result", (at != index) | ~same(pointed, pooled), None
        rows, columns = (
            torch.tensor([[window[0] <= at < window[-1] + extent for at in range(size)] for window in windows])
            for windows, extent, size in zip(legal, kernel, sizes, strict=True)
        )
        row, column = (torch.arange(len(windows)) for windows in legal)
        near = rows[row[:, None], at // sizes[1]] & columns[column, at % sizes[1]]
        yield "each index lies in a legal window", ~near, None


def starts(size, kernel, count):
    """Return, for each of `count` windows along one dimension, where it may begin."""
    last = size - kernel
    if count == 1:
        return [range(last + 1)]
    step = Fraction(last, count - 1)
    low, high = floor(step), ceil(step)
    return [
        range(max(i * low, last - (count - 1 - i) * high), min(i * high, last - (count - 1 - i) * low) + 1)
        for i in range(count)
    ]


def cases(draw, given):
    kernel = draw(integers(1, 3)), draw(integers(1, 3))
    side = draw(choice(None, *kernel))
    kernel = kernel if side is None else (side, side)
    planes = draw(integers(1, 2)), draw(integers(1, 3))
    # From 8 on, a kernel of 3 fits whatever the ratio.
    sizes = draw(images(given, (8, 8)))
    if draw(booleans()):
        ratios = choice(0.75, 0.5, 0.625, 0.25)
        target = {"output_ratio": (draw(ratios), draw(ratios))}
    else:
        most = (size - extent + 1 for size, extent in zip(sizes, kernel, strict=True))
        target = {"output_size": tuple(draw(integers(1, count)) for count in most)}
    return Case(
        input=draw(tensors(given, (*planes, *sizes))),
        kernel_size=side or kernel,
        **target,
        return_indices=draw(booleans()),
    )


def pooled(*shape, kernel, dtype="float32", **options):
    """Return the case of an input of the shape."""
    return Case(input=Tensor(shape, dtype), kernel_size=kernel, **options)


task = Task(
    reference,
    cases,
    spine=(
        pooled(2, 3, 10, 12, kernel=2, output_size=(6, 7)),
        pooled(2, 3, 9, 11, kernel=3, output_size=(4, 6), return_indices=True),
        pooled(1, 2, 12, 16, kernel=2, output_ratio=(0.5, 0.75)),
        pooled(1, 2, 16, 8, kernel=(3, 2), output_ratio=(0.25, 0.5), return_indices=True),
        pooled(2, 2, 7, 13, kernel=(1, 3), output_size=(5, 3), return_indices=True),
        # Where the mean step is whole, there is one choice of windows only.
        pooled(3, 2, 9, 11, kernel=3, output_size=(3, 5)),
        pooled(2, 3, 6, 7, kernel=2, output_size=(5, 6), return_indices=True),
        pooled(1, 5, 4, 3, kernel=(4, 3), output_size=(1, 1), return_indices=True),
        pooled(1, 1, 1, 1, kernel=1, output_size=(1, 1)),
        pooled(2, 2, 6, 6, kernel=2, output_size=(1, 1)),
        pooled(1, 1, 5, 130, kernel=2, output_size=(3, 65), return_indices=True),
        pooled(1, 1, 129, 4, kernel=2, output_size=(93, 2)),
        pooled(3, 65, 5, 6, kernel=2, output_size=(3, 4)),
    ),
    contract=Contract(deterministic=False),
    compare="claims",
    claims=claims,
    workloads={
        "fractional_cifar_stage1": pooled(256, 160, 94, 94, kernel=2, output_size=(73, 73), dtype="float16"),
        "halved_features": pooled(64, 256, 112, 112, kernel=3, output_ratio=(0.5, 0.5), dtype="float16"),
    },
)
