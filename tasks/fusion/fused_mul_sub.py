"""input * other_mul - alpha * other_sub, where both others are numbers or tensors that broadcast."""

from __future__ import annotations

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.authoring.families.contracts import any_shape
from pytest_kernelbench.authoring.strategies import booleans, broadcast, choice, numbers, tensors


def reference(input, other_mul, other_sub, alpha=1, out=None):
    return input.mul(other_mul).sub(other_sub, alpha=alpha)


def cases(draw, given):
    shape, *others = draw(broadcast(given, 3))
    factor, subtrahend = (draw(numbers(-2, 2)) if draw(booleans()) else draw(tensors(given, other)) for other in others)
    return Case(
        input=draw(tensors(given, shape)),
        other_mul=factor,
        other_sub=subtrahend,
        alpha=draw(choice(1, 0.5, -2, 3)),
    )


def combined(shape, factor, subtrahend, dtype="float32", **options):
    """Return the case of a shape; the factor and the subtrahend are shapes or numbers."""
    factor, subtrahend = (Tensor(other, dtype) if isinstance(other, tuple) else other for other in (factor, subtrahend))
    return Case(input=Tensor(shape, dtype), other_mul=factor, other_sub=subtrahend, **options)


task = Task(
    reference,
    cases,
    fixed_cases=(
        combined((4, 5), (4, 5), (4, 5)),
        combined((4, 5), (4, 5), (4, 5), alpha=2),
        combined((129,), 1.5, (129,), alpha=-0.5),
        combined((1025,), (1025,), -0.25),
        combined((3, 127), -2.0, 0.5, alpha=3),
        combined((1,), (1,), (1,)),
        combined((2, 3, 65), (65,), (3, 1), alpha=0.5),
        combined((5, 1, 7), (3, 1), (2, 1, 1, 1)),
        combined((17,), (4, 17), (3, 1, 17), alpha=-1),
        combined((2, 2, 3, 17), (2, 2, 3, 17), (17,)),
        combined((4099,), (1,), (4099,), alpha=2),
        combined((), (), (), alpha=0.5),
        combined((3, 0), (1,), (3, 1)),
    ),
    contract=any_shape(),
    elementwise=True,
    workloads={
        "elements_64m": combined((8192, 8192), (8192, 8192), (8192, 8192)),
        "llama_7b_scaled_rows": combined((8192, 4096), (4096,), (8192, 4096), "float16", alpha=0.5),
    },
    aliases=("mul_sub",),
)
