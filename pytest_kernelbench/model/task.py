"""A task: one operation to implement, with its reference, its cases and its contract."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from pytest_kernelbench.model.case import ITEMSIZE, LAYOUTS, Case
from pytest_kernelbench.model.errors import TaskError, choices

T = TypeVar("T")
Draw = Callable[[Any], Any]

FACETS = ("basic", "sizes", "dtypes", "layouts", "values", "contract", "engine")
"""The facets of correctness, in the order in which they are tried."""

GRADIENTS = "gradients"
"""The facet of tasks that name differentiable arguments; it comes after all others."""

ALL_FACETS = (*FACETS, GRADIENTS)
"""The facets that can be asked for."""

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
"""Finite fills of the facet `values`; NaN and infinities are added where the contract defines their results."""

FLOATS = ("float32", "float16", "bfloat16")

CALLING_CONVENTIONS: Mapping[str, tuple[str, ...]] = {
    "call": (),
    "optimizer": ("gradients", "changes"),
    "module": (),
}
"""Calling conventions, each with the arguments of a case that it uses itself (`wire.calling_conventions`)."""


COMPARISONS = ("values", "gathered", "residual", "random", "quantised", "properties", "dropout")
"""Ways to compare results: by value, or by meaning where values are not unique (`judge.comparison.compare`)."""


Property: TypeAlias = tuple[str, Any, Any]
"""A property of a result: its description, a tensor of errors, and a tensor that sets their scale, or None where every
error must be zero."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What a task demands beyond ordinary values; nothing else is tested."""

    layouts: tuple[str, ...] = LAYOUTS
    """Memory layouts of inputs that a kernel must accept."""
    values: tuple[str, ...] = VALUE_FILLS
    """Fills that replace the ordinary ones in the facet `values`."""
    nan: bool | tuple[str, ...] = True
    """Whether NaN in an input has a defined result; or the names of the inputs in which it has."""
    inf: bool = True
    """Whether infinities in an input have a defined result."""
    empty: bool = False
    """Whether tensors without elements are legal."""
    zero_dim: bool = False
    """Whether tensors without dimensions are legal."""
    out: bool = True
    """Whether `out=`, where the signature has it, must be written and returned."""
    deterministic: bool = True
    """Whether the same inputs must give the same bits; false for random operations, and where any of several values may
    be written."""
    alias: bool = False
    """Whether the result may share memory with an input."""

    def __post_init__(self) -> None:
        for layout in self.layouts:
            if layout not in LAYOUTS:
                raise TaskError(f"layout {layout!r}: {choices(layout, LAYOUTS)}")

    @property
    def fills(self) -> tuple[str, ...]:
        """All fills of the facet `values`."""
        return (*self.values, *(("nan",) if self.nan else ()), *(("inf", "infinite_start") if self.inf else ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawRequest:
    """What a facet asks of the next drawn case; task authors pass it to strategies."""

    facet: str = "basic"
    dtype: str = "float32"
    layouts: tuple[str, ...] = ("contiguous",)
    fills: tuple[str, ...] = ("normal",)
    limit: int = 2048
    """Maximum number of elements of a tensor."""
    contract: Contract = field(default_factory=Contract)

    @property
    def empty(self) -> bool:
        """Whether sizes of 0 may be drawn."""
        return self.facet == "sizes" and self.contract.empty

    @property
    def zero_dim(self) -> bool:
        """Whether tensors without dimensions may be drawn."""
        return self.facet == "sizes" and self.contract.zero_dim


@dataclass(frozen=True, slots=True)
class Task:
    """One operation to implement; the path of its file is its name and category.

    `reference` has the published signature and is written with tensor methods or local imports. It is run in float64 as
    the oracle and in the case's dtype as the eager baseline. `cases(draw, given)` draws a valid case of `given.dtype`;
    it constructs and never filters. `fixed_cases` are the author's cases that always run, contiguous and with ordinary
    values: the first is the plainest, the others cover sizes and keywords; the facets derive dtypes, layouts and values
    from them.
    """

    reference: Callable[..., Any]
    cases: Callable[[Draw, DrawRequest], Case]
    fixed_cases: tuple[Case, ...]
    dtypes: tuple[str, ...] = FLOATS
    """Dtypes that the signature supports; the fixed cases use the first."""
    contract: Contract = field(default_factory=Contract)
    value_cases: tuple[Case, ...] = ()
    """Further fixed cases of the facet `values`, for values or sizes that would mean something else in other dtypes."""
    large: tuple[Case, ...] | None = None
    """Cases beyond what one block, one tile or one program can hold; None derives them from the fixed cases."""
    long_sums: tuple[Case, ...] | None = None
    """Cases with long sums, which are tried in half precision; None derives one from the fixed cases."""
    workloads: Mapping[str, Case] = field(default_factory=dict)
    """Cases that are timed, by name."""
    flops_and_bytes: Callable[[Case], tuple[int, int]] | None = None
    """Minimum floating-point operations and bytes of a case, where counting them from its shapes is wrong."""
    entry: str | None = None
    """Name of the function in the published signature, where it differs from the task's name."""
    aliases: tuple[str, ...] = ()
    """Names under which other benchmarks publish the same signature; files and functions may have them."""
    calling_convention: str = "call"
    """How a kernel is called: one of `CALLING_CONVENTIONS`; `call` is a single call."""
    compare: str = "values"
    """How results are compared: one of `COMPARISONS`."""
    properties: Callable[[Mapping[str, Any], Sequence[Any]], Iterable[Property]] | None = None
    """For `compare="properties"`: yields the properties of arguments and results, both in float64 or complex128."""
    dropout: tuple[Callable[..., Any], ...] = ()
    """For `compare="dropout"`: two references without random draws, with all elements kept and with all dropped."""
    drop_probability: Callable[[Case], float] | None = None
    """For `compare="dropout"`: the probability that an element is dropped in a case."""
    drops_together: Callable[[Case], int] | None = None
    """For `compare="dropout"`: how many neighbouring elements of the result one draw decides; 1 where absent."""
    pipelines: Callable[..., Iterable[Any]] | None = None
    """For `compare="quantised"`: every legal result for the reference's arguments, with tolerances."""
    accumulation: Callable[[Case], int] | None = None
    """Number of terms of the longest sum behind one element of the result; 1 where absent."""
    elementwise: bool = False
    """Whether each element of the result depends on the elements at its place alone; `out` may then be an input."""
    tf32: bool = False
    """Whether float32 products may be computed in TF32; a kernel that does so gets the grade `tf32`."""
    mutates: tuple[str, ...] = ()
    """Arguments that are updated in place; their contents after the call are part of the result."""
    table: str | None = None
    """Argument that real models fill with more than 2^31 elements: kernels must count its elements in 64 bits."""
    gradients: tuple[str, ...] = ()
    """Tensor arguments of which a kernel's results must carry right gradients."""
    helpers: Mapping[str, str] = field(default_factory=dict)
    """Code of modules that a kernel's process may import, by their paths as modules."""
    published: Case | None = None
    """A case with the sizes that a benchmark publishes, where the fixed cases have smaller ones."""
    tied: bool = False
    """Whether sizes depend on each other in ways that shapes do not show: only the task's own cases are then tried."""
    scratch: tuple[str, ...] | Callable[[Case], tuple[str, ...]] = ()
    """Arguments whose contents after the call do not matter: names, or a function of the case."""

    def __post_init__(self) -> None:
        for dtype in self.dtypes:
            if dtype not in ITEMSIZE:
                raise TaskError(f"dtype {dtype!r}: {choices(dtype, ITEMSIZE)}")
        if not self.fixed_cases:
            raise TaskError("a task needs at least one fixed case")
        if self.calling_convention not in CALLING_CONVENTIONS:
            legal = choices(self.calling_convention, CALLING_CONVENTIONS)
            raise TaskError(f"calling_convention {self.calling_convention!r}: {legal}")
        if self.compare not in COMPARISONS:
            raise TaskError(f"compare {self.compare!r}: {choices(self.compare, COMPARISONS)}")
        if (self.compare == "properties") != (self.properties is not None):
            raise TaskError('compare="properties" and the field properties belong together')
        if (self.compare == "dropout") != (len(self.dropout) == 2 and self.drop_probability is not None):
            raise TaskError('compare="dropout" needs dropout=(kept, dropped) and drop_probability=')
        if (self.compare == "quantised") != (self.pipelines is not None):
            raise TaskError('compare="quantised" and the field pipelines belong together')
        if unknown := sorted(set(self.gradients) - set(self.parameters)):
            raise TaskError(f"gradients: {unknown} is not in the signature: {', '.join(self.parameters)}")
        known = {*self.parameters, *CALLING_CONVENTIONS[self.calling_convention]}
        places = {f"fixed_cases[{index}]": case for index, case in enumerate(self.fixed_cases)}
        places |= {f"value_cases[{index}]": case for index, case in enumerate(self.value_cases)}
        places |= {f"workloads[{name!r}]": case for name, case in self.workloads.items()}
        for place, case in places.items():
            if unknown := sorted(set(case.arguments) - known):
                raise TaskError(f"{place}: {unknown} is not in the signature: {', '.join(self.parameters)}")

    @property
    def parameters(self) -> Mapping[str, inspect.Parameter]:
        """Parameters of the published signature."""
        return _parameters(self.reference)

    def written(self, case: Case) -> set[str]:
        """Return the arguments that a kernel may write."""
        scratch = self.scratch(case) if callable(self.scratch) else self.scratch
        return {*self.mutates, *scratch, "out"}

    @property
    def any_may_win(self) -> bool:
        """Whether programs may store different values in one element: any may stay, as the properties show."""
        return self.compare == "properties" and not self.contract.deterministic

    @property
    def takes_out(self) -> bool:
        """Whether a kernel must honour `out=`: the signature and the contract have it."""
        return "out" in self.parameters and self.contract.out


@functools.lru_cache(maxsize=1024)
def _parameters(reference: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    """Return the parameters of a function, which are asked for at each call."""
    return inspect.signature(reference).parameters
