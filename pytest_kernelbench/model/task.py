"""A task: one operation to implement, with its reference, its cases and what its contract demands."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from pytest_kernelbench.model.case import ITEMSIZE, LAYOUTS, Case
from pytest_kernelbench.model.errors import TaskError, choices

T = TypeVar("T")
Draw = Callable[[Any], Any]

FACETS = ("basic", "sizes", "dtypes", "layouts", "values", "contract", "engine")
"""The kinds of demand, in the order in which they are tried."""

VALUE_FILLS = (
    "normal(0, 0.01)",
    "normal(0, 30)",
    "normal(1000, 0.1)",
    "outliers",
    "constant(1)",
    "integers(0, 2)",
    "integers(-3, 4)",
    "signed_zeros",
    "denormals",
)
"""Finite fills of the facet `values`; NaN and infinities come on top where the contract defines them."""

FLOATS = ("float32", "float16", "bfloat16")

DRIVERS: Mapping[str, tuple[str, ...]] = {"call": (), "optimizer": ("gradients",)}
"""How a kernel is used, with the arguments of a case that the driver keeps for itself (`runner.drivers`)."""


COMPARISONS = ("values", "gathered", "residual", "random", "quantised", "claims", "outcomes")
"""How results may be compared: by value, or by meaning where values are not unique (`judge.semantics`)."""


Claim: TypeAlias = tuple[str, Any, Any]
"""What it says, the tensor of errors, and the tensor that they are small beside; None where each must be zero."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What a task demands beyond ordinary values; nothing outside of it is ever asked of a kernel."""

    layouts: tuple[str, ...] = LAYOUTS
    """Memory layouts that a kernel must accept."""
    values: tuple[str, ...] = VALUE_FILLS
    """Fills that replace `normal` in the facet `values`."""
    nan: bool | tuple[str, ...] = True
    """NaN in an input has a defined result, in any or in those that are named."""
    inf: bool = True
    """Infinities in an input have a defined result."""
    empty: bool = False
    """Tensors without elements are legal."""
    zero_dim: bool = False
    """Tensors without dimensions are legal."""
    out: bool = True
    """`out=`, where the signature has it, is written and returned."""
    deterministic: bool = True
    """The same inputs give the same bits; false for random operations."""
    alias: bool = False
    """The result may share memory with an input."""

    def __post_init__(self) -> None:
        for layout in self.layouts:
            if layout not in LAYOUTS:
                raise TaskError(f"layout {layout!r}: {choices(layout, LAYOUTS)}")

    @property
    def fills(self) -> tuple[str, ...]:
        """Every fill of the facet `values`."""
        return (*self.values, *(("nan",) if self.nan else ()), *(("inf", "infinite_start") if self.inf else ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a facet asks of the next case; strategies read it, task authors pass it on."""

    facet: str = "basic"
    dtype: str = "float32"
    layouts: tuple[str, ...] = ("contiguous",)
    fills: tuple[str, ...] = ("normal",)
    limit: int = 2048
    """Most elements of one tensor."""
    contract: Contract = field(default_factory=Contract)

    @property
    def empty(self) -> bool:
        """Whether sizes of 0 are asked for."""
        return self.facet == "sizes" and self.contract.empty

    @property
    def zero_dim(self) -> bool:
        """Whether tensors without dimensions are asked for."""
        return self.facet == "sizes" and self.contract.zero_dim


@dataclass(frozen=True, slots=True)
class Task:
    """One operation to implement; the path of its file is its name and category.

    `reference` has the published signature and is written with tensor methods or local imports. It is run in float64 as
    the oracle and in the case's dtype as the eager baseline. `cases(draw, given)` draws a valid case of `given.dtype`;
    it constructs and never filters. `spine` holds the author's fixed cases, contiguous and with ordinary values: the
    first is the plainest, the others cover sizes and keywords; the facets derive dtypes, layouts and values from them.
    """

    reference: Callable[..., Any]
    cases: Callable[[Draw, Given], Case]
    spine: tuple[Case, ...]
    dtypes: tuple[str, ...] = FLOATS
    """Dtypes of the signature; the first is the one of the spine."""
    contract: Contract = field(default_factory=Contract)
    workloads: Mapping[str, Case] = field(default_factory=dict)
    """Named cases that are timed."""
    work: Callable[[Case], tuple[int, int]] | None = None
    """Floating-point operations and bytes that a case takes at least, where counting them on its shapes is wrong."""
    entry: str | None = None
    """Name in the published signature, where it is not the task's name."""
    driver: str = "call"
    """How a kernel is used: one of `DRIVERS`, `call` unless it takes more than one call."""
    compare: str = "values"
    """How results are compared: one of `COMPARISONS`."""
    claims: Callable[[Mapping[str, Any], Sequence[Any]], Iterable[Claim]] | None = None
    """For `compare="claims"`: what must hold of arguments and results, both in float64 or complex128."""
    outcomes: tuple[Callable[..., Any], ...] = ()
    """For `compare="outcomes"`: references without chance, of a result whose elements are all kept or all dropped."""
    chance: Callable[[Case], float] | None = None
    """For `compare="outcomes"`: probability that an element is dropped."""
    pipelines: Callable[..., Iterable[Any]] | None = None
    """For `compare="quantised"`: every legal result for the reference's arguments, with tolerances (`judge.codes`)."""
    accumulation: Callable[[Case], int] | None = None
    """Length of the longest sum behind one element of the result; 1 where absent."""
    tf32: bool = False
    """Products of float32 may be computed in TF32; a kernel that does gets the grade `tf32`."""
    mutates: tuple[str, ...] = ()
    """Arguments that may be written; their contents afterwards are part of the result."""
    scratch: tuple[str, ...] | Callable[[Case], tuple[str, ...]] = ()
    """Arguments that may be overwritten, in all cases or in a given one, and are not looked at afterwards."""

    def __post_init__(self) -> None:
        for dtype in self.dtypes:
            if dtype not in ITEMSIZE:
                raise TaskError(f"dtype {dtype!r}: {choices(dtype, ITEMSIZE)}")
        if not self.spine:
            raise TaskError("a task needs at least one case in its spine")
        if self.driver not in DRIVERS:
            raise TaskError(f"driver {self.driver!r}: {choices(self.driver, DRIVERS)}")
        if self.compare not in COMPARISONS:
            raise TaskError(f"compare {self.compare!r}: {choices(self.compare, COMPARISONS)}")
        if (self.compare == "claims") != (self.claims is not None):
            raise TaskError('compare="claims" and the field claims belong together')
        if (self.compare == "outcomes") != (len(self.outcomes) == 2 and self.chance is not None):
            raise TaskError('compare="outcomes" goes with two outcomes (kept, dropped) and a chance')
        if (self.compare == "quantised") != (self.pipelines is not None):
            raise TaskError('compare="quantised" and the field pipelines belong together')
        legal = {*self.parameters, *DRIVERS[self.driver]}
        places = {f"spine[{index}]": case for index, case in enumerate(self.spine)}
        places |= {f"workloads[{name!r}]": case for name, case in self.workloads.items()}
        for place, case in places.items():
            if unknown := sorted(set(case.arguments) - legal):
                raise TaskError(f"{place}: {unknown} is not in the signature: {', '.join(self.parameters)}")

    @property
    def parameters(self) -> Mapping[str, inspect.Parameter]:
        """Parameters of the published signature."""
        return inspect.signature(self.reference).parameters

    def written(self, case: Case) -> set[str]:
        """Return the arguments that a kernel may write."""
        scratch = self.scratch(case) if callable(self.scratch) else self.scratch
        return {*self.mutates, *scratch, "out"}

    @property
    def takes_out(self) -> bool:
        """Whether `out=` is part of the signature and of the contract."""
        return "out" in self.parameters and self.contract.out
