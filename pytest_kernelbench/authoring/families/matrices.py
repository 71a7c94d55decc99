"""Linear algebra: decompositions, systems and eliminations, their cases by shape, and how their error grows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pytest_kernelbench.authoring.strategies import booleans, choice, tensors
from pytest_kernelbench.authoring.strategies.linalg import LINALG, LINALG_DTYPES, squares
from pytest_kernelbench.model.case import Case, Tensor
from pytest_kernelbench.model.task import Contract, Draw, DrawRequest, Property, Task


def decomposition(
    reference: Callable[..., Any],
    cases: Callable[[Draw, DrawRequest], Case],
    fixed_cases: tuple[Case, ...],
    properties: Callable[[Mapping[str, Any], Sequence[Any]], Iterable[Property]],
    *,
    dtypes: tuple[str, ...] = LINALG_DTYPES,
    contract: Contract = LINALG,
    **rest: Any,
) -> Task:
    """Task on matrices `A`, whose results must have certain properties."""
    return Task(
        reference,
        cases,
        fixed_cases,
        dtypes=dtypes,
        contract=contract,
        compare="properties",
        properties=properties,
        **rest,
    )


def linear_system(
    reference: Callable[..., Any],
    cases: Callable[[Draw, DrawRequest], Case],
    fixed_cases: tuple[Case, ...],
    *,
    dtypes: tuple[str, ...] = LINALG_DTYPES,
    **rest: Any,
) -> Task:
    """Task that solves a system with the square matrices `A`, judged by its residual."""
    return Task(
        reference,
        cases,
        fixed_cases,
        dtypes=dtypes,
        contract=LINALG,
        compare="residual",
        accumulation=lambda case: case.A.shape[-1],
        **rest,
    )


def by_elimination(reference: Callable[..., Any], **rest: Any) -> Task:
    """Return a task on square matrices `A` with the keyword `pivot`, which is true by default.

    Cases without pivoting have positive definite matrices, on which elimination is stable; those with pivoting also
    have matrices whose first pivot is small or zero. `rest` are further fields of `Task`.
    """

    def cases(draw: Draw, given: DrawRequest) -> Case:
        # PyTorch on the CPU cannot decompose without pivoting, so kernels whose host code asks for it would fail early.
        pivot = draw(booleans()) if given.facet == "sizes" else True
        fill = draw(choice("nonsingular", "small_pivots(0)", "small_pivots(1e-7)")) if pivot else "positive_definite"
        return Case(A=draw(tensors(given, draw(squares(given)), fill=fill)), pivot=pivot)

    return Task(
        reference,
        cases,
        fixed_cases=(
            square_matrices(4),
            square_matrices(1),
            square_matrices(5, fill="small_pivots(0)"),
            square_matrices(5, 3),
            square_matrices(3, 7),
            square_matrices(2, 2, 6, fill="small_pivots(1e-7)"),
            square_matrices(17),
            square_matrices(33),
            square_matrices(2, fill="small_pivots(0)"),
            square_matrices(6, fill="positive_definite", pivot=False),
            square_matrices(2, 9, fill="positive_definite", pivot=False),
            square_matrices(8),
            square_matrices(1030, 2),
        ),
        dtypes=LINALG_DTYPES,
        contract=LINALG,
        workloads={
            "batch_of_4096": square_matrices(4096, 64),
            "one_of_2048": square_matrices(2048),
        },
        **rest,
    )


def matrices(*shape: int, fill: str = "normal", **options: Any) -> Case:
    """Return the case of matrices of this shape."""
    return Case(A=Tensor(shape, fill=fill), **options)


def square_matrices(*shape: int, fill: str = "nonsingular", **options: Any) -> Case:
    """Return the case of n by n matrices; `shape` is the batch dimensions and n."""
    return matrices(*shape, shape[-1], fill=fill, **options)


def drawn_symmetry(draw: Draw) -> tuple[bool, str]:
    """Draw whether matrices are Hermitian instead of symmetric, and their fill."""
    hermitian = draw(booleans())
    kind = "hermitian" if hermitian else "symmetric"
    return hermitian, draw(choice(kind, f"{kind}(0)", "positive_definite" if hermitian else kind))


def grows_with_size(factor: int = 1) -> Callable[[Case], int]:
    """Return the field `accumulation` of a decomposition of `A`, whose error is proportional to the longer side.

    The judge scales the sensitivity by the root of `accumulation`, because the roundings of a sum add up at random. The
    backward error of a decomposition grows with the size itself, not with its root.
    """
    return lambda case: (factor * max(case.A.shape[-2:])) ** 2
