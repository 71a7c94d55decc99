"""Fractional max pooling of relu(input): maxima of windows whose steps are random.

Which windows are drawn is open; each result must be the maximum of a legal one. Legal windows have the kernel's size,
start in the first row and column, end in the last, and step by the mean step rounded down or up, with a tolerance of
one position. A single window may be anywhere. A second call may draw the same windows.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import ceil, floor

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.authoring.strategies import booleans, choice, integers, tensors
from pytest_kernelbench.authoring.strategies.conv import images, pair


def reference(input, kernel_size, output_size=None, output_ratio=None, return_indices=False):
    from torch.nn.functional import fractional_max_pool2d

    return fractional_max_pool2d(input.relu(), kernel_size, output_size, output_ratio, return_indices)


def properties(arguments, outputs):
    """Yield what must hold of the maxima and, where they are returned, of their indices."""
    import torch

    def same(left, right):
        return (left == right) | (left.isnan() & right.isnan())

    image, pooled = arguments["input"].relu(), outputs[0]
    kernel, sizes = pair(arguments["kernel_size"]), image.shape[2:]
    legal = [starts(*sides) for sides in zip(sizes, kernel, pooled.shape[2:], strict=True)]
    maxima = torch.nn.functional.max_pool2d(image, kernel, stride=1)
    found = torch.zeros(pooled.shape, dtype=torch.bool)
    for rows, columns in product(*map(attempts, legal)):
        if not found.all():
            found |= same(maxima[:, :, rows][..., columns], pooled)
    yield "each result is the maximum of a legal window", ~found, None
    for index in outputs[1:]:
        place = index.clamp(0, sizes.numel() - 1)
        pointed = image.flatten(2).gather(2, place.flatten(2)).reshape(pooled.shape)
        yield "each index is that of an element equal to the result", (place != index) | ~same(pointed, pooled), None
        inside = [
            (torch.tensor([min(places) for places in windows]) <= position)
            & (position < torch.tensor([max(places) + extent for places in windows]))
            for position, windows, extent in zip(((place // sizes[1]).mT, place % sizes[1]), legal, kernel, strict=True)
        ]
        yield "each index lies in a legal window", ~(inside[0].mT & inside[1]), None


def starts(size, kernel, count):
    """Return the legal starts of each of `count` windows along one dimension, likely ones first."""
    last = size - kernel
    if count == 1:
        return [range(last, -1, -1)]
    step = Fraction(last, count - 1)
    low, high = floor(step), ceil(step)
    legal = [[0]]
    for i in range(1, count - 1):
        first, final = max(i * low, last - (count - 1 - i) * high), min(i * high, last - (count - 1 - i) * low)
        # Starts are rounded products, which may be off by one.
        places = range(max(0, first - 1), min(last, final + 1) + 1)
        legal.append(sorted(places, key=lambda place, mean=i * step: abs(place - mean)))
    return [*legal, [last]]


def attempts(legal):
    """Return choices of one legal start for each window, until every start was chosen."""
    return [[places[min(n, len(places) - 1)] for places in legal] for n in range(max(map(len, legal)))]


def cases(draw, given):
    kernel = draw(integers(1, 3)), draw(integers(1, 3))
    side = draw(choice(None, *kernel))
    kernel = kernel if side is None else (side, side)
    planes = draw(integers(1, 2)), draw(integers(1, 3))
    # With at least 8 pixels, a kernel of 3 fits for every ratio.
    sizes = draw(images(given, (8, 8)))
    if draw(booleans()):
        ratios = choice(0.75, 0.5, 0.625, 0.25)
        target = {"output_ratio": (draw(ratios), draw(ratios))}
    else:
        limits = (size - extent + 1 for size, extent in zip(sizes, kernel, strict=True))
        target = {"output_size": tuple(draw(integers(1, limit)) for limit in limits)}
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
    fixed_cases=(
        pooled(2, 3, 10, 12, kernel=2, output_size=(6, 7)),
        pooled(2, 3, 9, 11, kernel=3, output_size=(4, 6), return_indices=True),
        pooled(1, 2, 12, 16, kernel=2, output_ratio=(0.5, 0.75)),
        pooled(1, 2, 16, 8, kernel=(3, 2), output_ratio=(0.25, 0.5), return_indices=True),
        pooled(2, 2, 7, 13, kernel=(1, 3), output_size=(5, 3), return_indices=True),
        pooled(3, 2, 9, 11, kernel=3, output_size=(3, 5)),
        pooled(2, 3, 6, 7, kernel=2, output_size=(5, 6), return_indices=True),
        pooled(1, 5, 4, 3, kernel=(4, 3), output_size=(1, 1), return_indices=True),
        pooled(1, 1, 1, 1, kernel=1, output_size=(1, 1)),
        pooled(2, 2, 6, 6, kernel=2, output_size=(1, 1)),
        pooled(1, 1, 5, 130, kernel=2, output_size=(3, 65), return_indices=True),
        pooled(1, 1, 129, 4, kernel=2, output_size=(93, 2)),
        pooled(1, 1, 4, 1030, kernel=(1, 2), output_size=(4, 1025), return_indices=True),
        pooled(3, 65, 5, 6, kernel=2, output_size=(3, 4)),
    ),
    contract=Contract(deterministic=False),
    compare="properties",
    properties=properties,
    workloads={
        "fractional_cifar_stage1": pooled(64, 160, 94, 94, kernel=2, output_size=(73, 73), dtype="float16"),
        "halved_features": pooled(32, 128, 112, 112, kernel=3, output_ratio=(0.5, 0.5), dtype="float16"),
    },
)
