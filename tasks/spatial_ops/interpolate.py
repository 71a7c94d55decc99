"""Images resized by size or by factor, with nearest or bilinear interpolation.

No case of this file depends on undocumented rounding: a factor times a size is an integer, and the nearest pixel is the
same in exact and in floating-point arithmetic. For other sizes the exact position counts, and PyTorch's in float32 is
accepted as well.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.authoring.families.images import COORDINATES
from pytest_kernelbench.authoring.strategies import choice, integers, tensors
from pytest_kernelbench.authoring.strategies.conv import images


def reference(input, size=None, scale_factor=None, mode="nearest", align_corners=None):
    import torch

    if mode == "nearest" and size is not None and input.dtype == torch.float64:
        return nearest(input, size)
    return torch.nn.functional.interpolate(input, size, scale_factor, mode, align_corners)


def nearest(input, size):
    """Return the nearest pixels at exact positions; PyTorch computes them in float32, whatever the dtype is."""
    import torch

    for axis, target in zip((-2, -1), (size, size) if isinstance(size, int) else size, strict=True):
        index = torch.arange(target, device=input.device) * input.shape[axis] // target
        input = input.index_select(axis, index)
    return input


def cases(draw, given):
    mode = draw(choice("nearest", "bilinear"))
    align_corners = draw(choice(None, False, True)) if mode == "bilinear" else None
    planes = (draw(integers(1, 2)), draw(integers(1, 3)))
    height, width = draw(images(given, (1, 1)))
    target = {}
    if draw(choice("size", "factor")) == "size":
        if draw(choice(False, False, True)):
            height = min(height, width)
            width = draw(choice(height, 2 * height))
            target["size"] = 2 * height
        else:
            target["size"] = tuple(draw(_target(n, mode, align_corners)) for n in (height, width))
    else:
        # A single aligned corner is not defined, so 4 is the smallest even size that may be halved.
        height, width = (max(n + n % 2, 4 if align_corners else 2) for n in (height, width))
        factors = choice(2.0, 0.5, 1.0) if mode == "nearest" else choice(2.0, 1.5, 0.5, 2.5)
        target["scale_factor"] = draw(factors) if draw(choice(True, False)) else (draw(factors), draw(factors))
    return Case(input=draw(tensors(given, (*planes, height, width))), **target, mode=mode, align_corners=align_corners)


def _target(size, mode, align_corners):
    """Sizes to which one dimension may be resized.

    A nearest pixel is unambiguous if the ratio of the sizes is a power of two, or if the sizes have no common divisor:
    no point then lies exactly on the border of two pixels.
    """
    if mode == "nearest":
        return choice(2 * size, size, size + 1, 2 * size + 1, 2 * size - 1, 1)
    return integers(2 if align_corners else 1, 17)


def resized(*shape, **options):
    """Return the case of an input of the shape."""
    return Case(input=Tensor(shape), **options)


def longest_sum(case):
    """Return a length that allows for rounded coordinates: one rounding of a coordinate changes a weight by as many
    roundings as the side is long."""
    return (8 * max(case.input.shape[-2:])) ** 2 if case.arguments.get("mode") == "bilinear" else 1


task = Task(
    reference,
    cases,
    fixed_cases=(
        resized(2, 3, 4, 5, size=(8, 10)),
        resized(2, 3, 4, 6, scale_factor=2.0),
        resized(1, 2, 5, 7, size=(6, 15)),
        resized(1, 2, 8, 9, size=(4, 4)),
        resized(1, 2, 4, 8, size=8, mode="nearest"),
        resized(2, 3, 4, 5, size=(9, 7), mode="bilinear"),
        resized(1, 2, 7, 9, size=(13, 6), mode="bilinear", align_corners=True),
        resized(1, 2, 6, 4, scale_factor=1.5, mode="bilinear", align_corners=False),
        resized(1, 2, 3, 10, scale_factor=(2.0, 0.5), mode="bilinear"),
        resized(1, 1, 1, 1, size=(3, 5), mode="bilinear"),
        resized(2, 65, 2, 3, scale_factor=2, mode="nearest"),
        resized(1, 1, 2, 513, size=(3, 1026)),
        resized(1, 1, 3, 129, size=(2, 258), mode="bilinear", align_corners=True),
        resized(1, 1, 4, 1030, size=(5, 1031)),
        resized(1, 1, 65, 66, size=(64, 67), mode="bilinear"),
        resized(2, 6, 5, 6, size=(10, 3), mode="bilinear", align_corners=False),
    ),
    # Powers of two and sizes without a common divisor: at others, PyTorch's rounded positions are off by a pixel.
    large=(
        resized(1, 257, 2, 3, scale_factor=2),
        resized(257, 1, 3, 2, size=(5, 7), mode="bilinear"),
        resized(1, 1, 257, 3, size=(258, 4)),
        resized(1, 1, 2, 70_001, scale_factor=(1.0, 2.0), mode="bilinear"),
        resized(1, 1, 70_001, 1, scale_factor=2.0),
        resized(1, 1, 2, 200_002, scale_factor=(2.0, 0.5)),
    ),
    contract=COORDINATES,
    accumulation=longest_sum,
    workloads={
        "feature_pyramid": Case(input=Tensor((16, 256, 100, 152), "float16"), scale_factor=2.0),
        "deeplab_logits": Case(input=Tensor((16, 21, 129, 129)), size=(513, 513), mode="bilinear", align_corners=False),
    },
)
