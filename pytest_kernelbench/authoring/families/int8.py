"""Pipelines through int8 that take float32 and give float32."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.authoring.strategies import choice
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.model.task import Contract, Draw, DrawRequest, Task

if TYPE_CHECKING:
    from collections.abc import Iterable


def int8_pipeline(
    reference: Callable[..., Any],
    cases: Callable[[Draw, DrawRequest], Case],
    pipelines: Callable[..., Iterable[Any]],
    fixed_cases: tuple[Case, ...],
    *,
    wide: str = "normal(0, 30)",
    **rest: Any,
) -> Task:
    """Task whose result must be that of one of the legal pipelines; `wide` is the fill of the widest range."""
    # All fills have scales well above zero: there are several ways to keep a scale from zero.
    values = ("normal(0, 0.01)", wide, "outliers", "constant(1)", "integers(-3, 4)", "signed_zeros")
    return Task(
        reference,
        cases,
        fixed_cases,
        dtypes=("float32",),
        contract=Contract(values=values, nan=False, inf=False),
        compare="quantised",
        pipelines=pipelines,
        **rest,
    )


def drawn_fill(draw: Draw, given: DrawRequest) -> str | None:
    """Draw the fill of both operands of a product, or None where the facet chooses it."""
    return None if given.facet == "values" else draw(choice("normal", "uniform(-1, 1)", "outliers"))
