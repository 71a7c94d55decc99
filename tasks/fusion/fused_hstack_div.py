"""hstack(tensors) / divisor, rounded on request; vectors are joined along the first dimension, others along the second.

The divisor is a number or a tensor that broadcasts. Without rounding, integers give the default floating dtype.
Quotients that are rounded are whole numbers or well away from them, so that only the direction of the rounding decides
the result; numbers as divisors are then powers of two, by which every way of dividing is exact.
"""

from __future__ import annotations

from dataclasses import replace as with_fields

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.authoring.families.contracts import WITHOUT_DENORMALS
from pytest_kernelbench.authoring.strategies import booleans, choice, integers, numbers, shapes
from pytest_kernelbench.authoring.strategies import tensors as tensors_of

WHOLE, POSITIVE, NEGATIVE = "integers(-50, 51)", "integers(1, 8)", "integers(-7, 0)"


def reference(tensors, divisor, *, rounding_mode=None, out=None):
    import torch

    return torch.hstack(tensors).div(divisor, rounding_mode=rounding_mode)


def cases(draw, given):
    shape = draw(shapes(with_fields(given, limit=given.limit // 4), 1, 4))
    axis = min(1, len(shape) - 1)
    widths = [shape[axis], *(draw(integers(1, shape[axis])) for _ in range(draw(integers(0, 2))))]
    rounding = draw(choice(None, None, "trunc", "floor"))
    dtype = draw(choice(given.dtype, "int64", "int32")) if given.facet == "dtypes" else given.dtype
    whole = rounding is not None or dtype.startswith("int")
    fill = WHOLE if whole else None
    if draw(booleans()):
        divisor = draw(choice(2, -4) if whole else numbers(0.25, 4))
    else:
        full = stacked(shape, *widths)
        covered = [draw(choice(size, size, 1)) for size in full][draw(integers(0, len(full) - 1)) :]
        divisor = draw(tensors_of(given, covered, dtype, draw(choice(POSITIVE, NEGATIVE)) if whole else None))
    parts = tuple(draw(tensors_of(given, stacked(shape, width), dtype, fill)) for width in widths)
    return Case(tensors=parts, divisor=divisor, rounding_mode=rounding)


def stacked(shape, *widths):
    """Return the shape of the joined tensors; `widths` are their sizes in the dimension along which they are joined."""
    axis = min(1, len(shape) - 1)
    return (*shape[:axis], sum(widths), *shape[axis + 1 :])


def joined(shape, widths, divisor=None, kind="float32", fill="normal", divisors="normal", **options):
    """Return the case of tensors that differ in one size; the divisor is a number or a shape, by default full."""
    covered = stacked(shape, *widths) if divisor is None else divisor
    return Case(
        tensors=tuple(Tensor(stacked(shape, width), kind, fill) for width in widths),
        divisor=Tensor(covered, kind, divisors) if isinstance(covered, tuple) else covered,
        **options,
    )


task = Task(
    reference,
    cases,
    fixed_cases=(
        joined((4, 5), (5, 3)),
        joined((17,), (17, 1, 30)),
        joined((3, 1025), (1025,), (1025,)),
        joined((4, 700), (700, 330)),
        joined((3, 1), (64, 65, 1), 2.5),
        joined((5, 6, 7), (6, 2), (8, 1)),
        joined((2, 3, 4, 9), (3, 1, 2), (1,)),
        joined((129, 2), (2, 2), (129, 1)),
        joined((7, 40), (40, 9), fill=WHOLE, divisors=POSITIVE, rounding_mode="trunc"),
        joined((7, 40), (40, 9), fill=WHOLE, divisors=NEGATIVE, rounding_mode="floor"),
        joined((33,), (33, 96), 4, fill=WHOLE, rounding_mode="floor"),
        joined((33,), (33, 96), -2, fill=WHOLE, rounding_mode="trunc"),
        joined((7, 40), (40, 9), (49,), "int64", WHOLE, NEGATIVE),
        joined((7, 40), (40, 9), None, "int64", WHOLE, POSITIVE, rounding_mode="floor"),
        joined((5, 6), (6, 9), 4, "int32", WHOLE, rounding_mode="trunc"),
        joined((5, 6), (6, 9), (15,), "int32", WHOLE, POSITIVE),
        joined((3, 2), (0, 2), (3, 1)),
        Case(tensors=(Tensor(()), Tensor(())), divisor=Tensor((2,))),
    ),
    # Denormals are left out: a GPU may flush them to zero, where quotients are infinite.
    contract=Contract(values=WITHOUT_DENORMALS),
    workloads={
        "unet_skip_connection": joined((16, 320, 64, 64), (320, 320), 2.0, "float16"),
        "deepfm_features": joined((32768, 1), (512, 512, 256), (32768, 1), "float16"),
    },
)
