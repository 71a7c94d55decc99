"""Values of images or volumes at the points of a grid, with bilinear or nearest interpolation.

The documentation does not say which of two equally near pixels is taken: no grid for the nearest pixel has such points.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.authoring.families.images import COORDINATES, drawn_sampling
from pytest_kernelbench.authoring.strategies import choice, integers, tensors
from pytest_kernelbench.authoring.strategies.conv import images

INSIDE, OUTSIDE = "uniform(-0.95, 0.95)", "uniform(1.1, 1.9)"
"""Fills without points midway between pixels, in any dtype: over odd sizes, or with aligned corners over even ones."""


def reference(input, grid, mode="bilinear", padding_mode="zeros", align_corners=False):
    import torch

    return torch.nn.functional.grid_sample(input, grid, mode, padding_mode, align_corners)


def cases(draw, given):
    options = drawn_sampling(draw, "bilinear", "nearest")
    align_corners = options["align_corners"]
    # Reflection between the centres of the outer pixels needs two of them.
    least = 2 if options["padding_mode"] == "reflection" and align_corners else 1
    size = draw(images(given, (least, least)))
    volume = draw(choice(False, False, True))
    if volume:
        size = (draw(integers(least, 4)), *(min(n, 9) for n in size))
    if options["mode"] == "nearest":
        size = tuple(n + n % 2 - (not align_corners) for n in size)
        fill = draw(choice(INSIDE, INSIDE, OUTSIDE))
    else:
        fill = draw(choice("uniform(-1, 1)", "uniform(-1.5, 1.5)", "uniform(-3, 3)", "integers(-1, 2)"))
    batch, channels = draw(integers(1, 2)), draw(integers(1, 3))
    points = tuple(draw(integers(1, 4 if volume else 9)) for _ in size)
    return Case(
        input=draw(tensors(given, (batch, channels, *size))),
        grid=draw(tensors(given, (batch, *points, len(size)), fill=fill)),
        **options,
    )


def sampled(size, points, *, batch=1, channels=2, fill="uniform(-1, 1)", **options):
    """Return the case of an input of the spatial size and a grid of `points`."""
    grid = Tensor((batch, *points, len(size)), fill=fill)
    return Case(input=Tensor((batch, channels, *size)), grid=grid, **options)


task = Task(
    reference,
    cases,
    fixed_cases=(
        sampled((5, 7), (4, 6), batch=2, channels=3),
        sampled((5, 8), (4, 6), align_corners=True),
        sampled((4, 7), (5, 5), fill="uniform(-1.5, 1.5)"),
        sampled((6, 5), (5, 6), fill="uniform(-1.5, 1.5)", padding_mode="border", align_corners=True),
        sampled((4, 6), (6, 5), fill="uniform(-3, 3)", padding_mode="reflection"),
        sampled((4, 6), (6, 5), fill="uniform(-3, 3)", padding_mode="reflection", align_corners=True),
        sampled((5, 7), (4, 6), fill=INSIDE, mode="nearest"),
        sampled((7, 5), (4, 3), fill=OUTSIDE, mode="nearest", padding_mode="border"),
        sampled((3, 4, 5), (2, 3, 4), fill="uniform(-1.5, 1.5)", batch=2),
        sampled((2, 4, 6), (2, 3, 4), fill=INSIDE, mode="nearest", align_corners=True),
        sampled((5, 4), (3, 7), fill="integers(-1, 2)", align_corners=True),
        sampled((1, 1), (1, 1), channels=1),
        sampled((3, 129), (2, 65), channels=1, fill="uniform(-1.5, 1.5)"),
        sampled((4, 1030), (4, 1030), channels=1),
        sampled((2, 3), (3, 2), channels=65),
    ),
    contract=COORDINATES,
    accumulation=lambda case: max(case.input.shape[2:]),
    workloads={
        "flow_warping": Case(input=Tensor((16, 64, 256, 256)), grid=Tensor((16, 256, 256, 2), fill="uniform(-1, 1)")),
    },
)
