"""Decompositions of matrices: cases by shape, symmetric fills, and how their error grows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pytest_kernelbench.authoring.strategies import booleans, choice
from pytest_kernelbench.authoring.strategies.linalg import LINALG, LINALG_DTYPES
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
