"""Values of images at the points of a grid, which an affine map makes of the positions in the output.

The documentation does not say which of two equally near pixels is taken: maps for the nearest pixel lead to the centres
of pixels.

Both tensors have one dtype, which is that of the result; the shipped reference fails in half precision.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.authoring.families.images import COORDINATES, drawn_sampling
from pytest_kernelbench.authoring.strategies import choice, integers, tensors
from pytest_kernelbench.authoring.strategies.conv import images

FLIPS = "integers(-1, 2)"


def reference(input, theta, size, mode="bilinear", padding_mode="zeros", align_corners=False):
    from torch.nn.functional import affine_grid, grid_sample

    grid = affine_grid(theta, size, align_corners=align_corners)
    return grid_sample(input, grid, mode, padding_mode, align_corners)


def cases(draw, given):
    options = drawn_sampling(draw, "bilinear", "bicubic", "nearest")
    align_corners = options["align_corners"]
    # Reflection between the centres of the outer pixels needs two of them, and one aligned corner is not defined.
    # PyTorch on the CPU cannot make a grid of one point in half precision.
    least = 1 if given.dtype == "float32" and not align_corners else 2
    if options["mode"] == "nearest":
        size, points, fill = draw(choice(*_middles(align_corners)))
    else:
        size = draw(images(given, (least, least)))
        points = (draw(integers(least, 9)), draw(integers(least, 9)))
        fill = draw(choice("uniform(-1, 1)", "uniform(-2.5, 2.5)", FLIPS))
    batch, channels = draw(integers(1, 2)), draw(integers(1, 3))
    return Case(
        input=draw(tensors(given, (batch, channels, *size))),
        theta=draw(tensors(given, (batch, 2, 3), fill=fill)),
        size=(batch, channels, *points),
        **options,
    )


def _middles(align_corners):
    """Return sizes of input and output with a fill of maps that lead to centres of pixels, inside and outside.

    With aligned corners whole numbers do, if 2 or 3 positions of the output span an odd number of pixels. Without, a
    map of equal numbers takes the sum of both coordinates: n positions on a side of p pixels need a multiple of n / p.
    """
    if align_corners:
        return [
            ((height, width), (up, across), FLIPS)
            for height, width in ((3, 7), (9, 5))
            for up in (2, 3)
            for across in (2, 3)
        ]
    squares = [(pixels, places) for pixels in (1, 3, 7, 9) for places in (2, 4)]
    return [((p, p), (n, n), f"constant({sign * n / p:.6f})") for p, n in squares for sign in (1, -1)]


def mapped(size, points, *, batch=1, channels=2, fill="uniform(-1, 1)", dtype="float32", **options):
    """Return the case of images of one size and as many points."""
    return Case(
        input=Tensor((batch, channels, *size), dtype),
        theta=Tensor((batch, 2, 3), dtype, fill),
        size=(batch, channels, *points),
        **options,
    )


task = Task(
    reference,
    cases,
    fixed_cases=(
        mapped((5, 7), (4, 6), batch=2, channels=3),
        mapped((5, 8), (4, 6), align_corners=True),
        mapped((4, 7), (5, 3), fill="uniform(-2.5, 2.5)"),
        mapped((6, 5), (5, 6), fill="uniform(-2.5, 2.5)", padding_mode="border", align_corners=True),
        mapped((4, 6), (6, 5), fill="uniform(-2.5, 2.5)", padding_mode="reflection"),
        mapped((4, 6), (6, 5), fill="uniform(-2.5, 2.5)", padding_mode="reflection", align_corners=True),
        mapped((3, 7), (2, 3), batch=2, fill=FLIPS, mode="nearest", align_corners=True),
        mapped((7, 7), (4, 4), fill="constant(0.571429)", mode="nearest"),
        mapped((7, 7), (4, 4), fill="constant(-0.571429)", mode="nearest", padding_mode="border"),
        mapped((9, 5), (3, 2), fill=FLIPS, mode="nearest", padding_mode="reflection", align_corners=True),
        mapped((6, 7), (5, 4), batch=2, mode="bicubic"),
        mapped((6, 7), (5, 4), fill="uniform(-2.5, 2.5)", mode="bicubic", padding_mode="border", align_corners=True),
        mapped((5, 4), (3, 5), fill="uniform(-2.5, 2.5)", mode="bicubic", padding_mode="reflection"),
        mapped((5, 8), (8, 5), fill=FLIPS),
        mapped((3, 129), (2, 65), channels=1),
        mapped((1, 1), (1, 1), channels=1),
        mapped((4, 1030), (4, 1030), channels=1),
        mapped((2, 3), (3, 2), channels=65),
    ),
    contract=COORDINATES,
    accumulation=lambda case: max(case.input.shape[2:]),
    workloads={
        "spatial_transformer": mapped((224, 224), (224, 224), batch=128, channels=3),
        "augmented_crops": mapped((512, 512), (256, 256), batch=64, channels=16, mode="bicubic", padding_mode="border"),
    },
)
