"""Matrix products: families, sizes that a drawn case can afford, and fills that keep sums near 1."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.authoring.families.contracts import FINITE
from pytest_kernelbench.authoring.strategies import choice, integers, numbers, sizes, tensors
from pytest_kernelbench.model.case import Case, Tensor
from pytest_kernelbench.model.task import Draw, DrawRequest, Task

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

MAX_PRODUCTS = 40_000
"""Largest number of multiplications in a drawn product."""

MAX_BATCHED_PRODUCTS = 30_000
"""Largest number of multiplications in a drawn batch of products."""

UPDATES: tuple[tuple[int, int, dict[str, float]], ...] = (
    (16, 24, {}),
    (1, 1, {}),
    (7, 5, {"alpha": -1.25, "beta": 0.75}),
    (17, 33, {"alpha": 1, "beta": 1}),
    (33, 8, {}),
    (9, 7, {"alpha": 0.0}),
    (9, 7, {"beta": 0.0}),
)
"""Sizes (n, m) and scalar factors of cases that update an (n, n) matrix by the product of an (n, m) matrix."""


def unit_sums(count: int) -> str:
    """Return the fill of one factor that keeps sums of `count` products about as large as the other factor.

    Then nothing overflows in half precision, and activations that are flat far from 0 do not hide wrong sums.
    """
    return f"normal(0, {count**-0.5:.2g})"


def factors() -> SearchStrategy[float]:
    """A scalar factor such as alpha or beta: 1, 0, or a number from -2 to 2."""
    return choice(1, 0) | numbers(-2.0, 2.0)


def product_task(
    reference: Callable[..., Any],
    cases: Callable[[Draw, DrawRequest], Case],
    fixed_cases: tuple[Case, ...],
    **rest: Any,
) -> Task:
    """Task of a product of matrices, which may be computed in TF32."""
    return Task(reference, cases, fixed_cases, contract=FINITE, tf32=True, **rest)


def half_precision_product(reference: Callable[..., Any], dtype: str) -> Task:
    """Task `(input, other)`: the product of matrices, of batches of them, or of a vector and a matrix, in one dtype."""

    def cases(draw: Draw, given: DrawRequest) -> Case:
        m, n, k = (draw(sizes(given, 1, largest)) for largest in (33, 33, 129))
        batch = draw(choice((), (), (1,), (2,), (3,), None))
        left = (k,) if batch is None else (*batch, m, k)
        return Case(input=draw(tensors(given, left)), other=draw(tensors(given, (*(batch or ()), k, n))))

    def product(left: tuple[int, ...], right: tuple[int, ...]) -> Case:
        return Case(input=Tensor(left, dtype), other=Tensor(right, dtype))

    return Task(
        reference,
        cases,
        fixed_cases=(
            product((16, 32), (32, 24)),
            product((1, 1), (1, 1)),
            product((33, 65), (65, 17)),
            product((129, 8), (8, 130)),
            product((3, 2049), (2049, 2)),
            product((5, 1025), (1025, 3)),
            product((3, 7, 9), (3, 9, 5)),
            product((2, 17, 33), (2, 33, 16)),
            product((9,), (9, 5)),
            product((129,), (129, 33)),
        ),
        dtypes=(dtype,),
        contract=FINITE,
        accumulation=lambda case: case.input.shape[-1],
        workloads={
            "llama_7b_qkv": product((4096, 4096), (4096, 12288)),
            "attention_scores": product((512, 1024, 128), (512, 128, 1024)),
        },
    )


def batched_sizes(draw: Draw, given: DrawRequest) -> tuple[int, int, int, int]:
    """Draw the sizes (batch, n, m, p) of a batch of (n, m) by (m, p) products."""
    batch = draw(integers(1, 3))
    n = draw(sizes(given, 1, 130))
    p = draw(sizes(given, 1, min(130, given.limit // n)))
    room = min(given.limit // max(n, p), MAX_BATCHED_PRODUCTS // (batch * n * p))
    return batch, n, draw(sizes(given, 1, max(1, room))), p


def batched_factors(draw: Draw, given: DrawRequest, batch: int, n: int, m: int, p: int) -> dict[str, Tensor]:
    """Draw `input1` and `input2` of a batch of (n, m) by (m, p) products."""
    return {
        "input1": draw(tensors(given, (batch, n, m))),
        "input2": draw(tensors(given, (batch, m, p), fill=unit_sums(m))),
    }


def batched(batch: int, n: int, m: int, p: int, dtype: str = "float32") -> dict[str, Tensor]:
    """Return `input1` and `input2` of a batch of (n, m) by (m, p) products."""
    return {"input1": Tensor((batch, n, m), dtype), "input2": Tensor((batch, m, p), dtype, unit_sums(m))}


def drawn_norm_shape(draw: Draw, batch: int, n: int, columns: int) -> int | Sequence[int]:
    """Draw the argument `normalized_shape` of a (batch, n, columns) product."""
    shape: int | Sequence[int] = draw(choice(columns, (columns,), [columns], (n, columns), (batch, n, columns)))
    return shape


def longest_normalised_sum(case: Case) -> int:
    """Return the longer of the product's sum and the normalisation's."""
    shape = case.normalized_shape
    inner: int = case.input1.shape[-1]
    return max(inner, shape if isinstance(shape, int) else prod(shape))
