"""What the cases of a task demand beyond ordinary values, as the page of tasks lists it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pytest_kernelbench.model.case import ITEMSIZE, Case, DType, Generator, Tensor, leaves
from pytest_kernelbench.model.task import Task

CONTRACT = ("nan", "inf", "empty", "zero_dim")
"""Demands that a contract makes for all arguments, or in the cases of some arguments only."""

INEXACT = ("float", "bfloat", "complex")
"""Beginnings of the names of dtypes that have NaN and infinities."""

Demand = tuple[str, str]
"""A demand and the argument that makes it; the argument is empty where the whole call does."""


def demands_of(case: Case) -> Iterator[Demand]:
    """Yield what one case demands; a dtype of a tensor is a demand, too."""
    for path, recipe in leaves(case):
        argument = path.partition("[")[0]
        yield recipe.dtype, argument
        yield from ((demand, argument) for demand in _of_tensor(recipe))
    size = case.arguments.get("size")
    if case.arguments.get("steps") == 0 or (isinstance(size, tuple) and 0 in size):
        yield "empty", ""
    for value in case.arguments.values():
        if isinstance(value, Generator):
            yield "generator", ""
        if isinstance(value, DType):
            yield value.name, "dtype"
    if case.arguments.get("requires_grad"):
        yield "requires_grad", ""
    if any(case.arguments.get("changes", ())):
        yield "changed options", ""
    if any(gradient is None for step in case.arguments.get("gradients", ()) for gradient in step):
        yield "missing gradients", ""


def _of_tensor(recipe: Tensor) -> Iterator[str]:
    if recipe.numel == 0:
        yield "empty"
    if not recipe.shape:
        yield "zero_dim"
    if "nan" in recipe.fill:
        yield "nan"
    if "inf" in recipe.fill:
        yield "inf"


def listed(task: Task) -> list[Demand]:
    """Return the demands of a task beyond its dtypes: those of its contract, and what its fixed cases show besides."""
    contract = task.contract
    flags = CONTRACT if any(dtype.startswith(INEXACT) for dtype in task.dtypes) else CONTRACT[2:]
    found = dict.fromkeys((flag, "") for flag in flags if getattr(contract, flag) is True)
    found |= dict.fromkeys(("nan", argument) for argument in (contract.nan if isinstance(contract.nan, tuple) else ()))
    for case in (*task.fixed_cases, *task.value_cases):
        found |= dict.fromkeys(demand for demand in demands_of(case) if not is_listed(task, demand, found))
    return list(found)


def is_listed(task: Task, demand: Demand, known: Iterable[Demand]) -> bool:
    """Whether the dtypes of a task or its `known` demands include a demand of one of its cases."""
    name, _ = demand
    return name in task.dtypes or (name, "") in known or demand in known


def texts(task: Task, *, dtypes: bool) -> list[str]:
    """Return the listed demands as texts, `empty` or `float64 (other)`: those of dtypes, or all the others."""
    arguments: dict[str, list[str]] = {}
    for name, argument in listed(task):
        if (name in ITEMSIZE) is dtypes:
            arguments.setdefault(name, []).extend([argument] if argument else [])
    return [f"{name} ({', '.join(named)})" if named else name for name, named in arguments.items()]
