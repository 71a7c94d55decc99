"""The domain of a kernel: what it says that it takes, where that is less than its task demands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from pytest_kernelbench.model.case import ITEMSIZE, Case, leaves
from pytest_kernelbench.model.errors import KernelBenchError, choices

EXACT = ("int", "uint", "bool")
"""Beginnings of the names of dtypes that a domain does not restrict: those of indices and masks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """What a kernel takes; every field that is absent restricts nothing."""

    dtypes: tuple[str, ...] = ()
    """Dtypes of its floating-point and complex tensors."""
    ranks: tuple[int, ...] = ()
    """Numbers of dimensions of its first tensor."""
    max_size: int | None = None
    """Largest size of any dimension."""
    contiguous: bool = False
    """Whether all tensors must be contiguous."""
    options: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    """Values of arguments that are no tensors, by name."""

    @classmethod
    def parse(cls, table: object, where: str) -> Domain:
        """Return the domain of a table `[domain]`, or of a decorator's argument; raises `KernelBenchError`."""
        legal = [each.name for each in fields(cls)]
        if not isinstance(table, Mapping):
            raise KernelBenchError(f"{where}: expected a table with some of {', '.join(legal)}")
        for key in table:
            if key not in legal:
                raise KernelBenchError(f"{where}: unknown key {key!r}: {choices(str(key), legal)}")
        dtypes, ranks, options = table.get("dtypes", ()), table.get("ranks", ()), table.get("options", {})
        for dtype in _several(dtypes, f"{where}: dtypes"):
            if dtype not in ITEMSIZE:
                raise KernelBenchError(f"{where}: dtypes: {dtype!r}: {choices(str(dtype), ITEMSIZE)}")
        for rank in _several(ranks, f"{where}: ranks"):
            if type(rank) is not int:
                raise KernelBenchError(f"{where}: ranks: {rank!r}: expected whole numbers")
        size, contiguous = table.get("max_size"), table.get("contiguous", False)
        if size is not None and (type(size) is not int or size < 1):
            raise KernelBenchError(f"{where}: max_size = {size!r}: expected a whole number of at least 1")
        if type(contiguous) is not bool:
            raise KernelBenchError(f"{where}: contiguous = {contiguous!r}: expected true or false")
        if not isinstance(options, Mapping):
            raise KernelBenchError(f"{where}: options: expected a table of argument = [values]")
        values = {name: tuple(_several(each, f"{where}: options.{name}")) for name, each in options.items()}
        return cls(dtypes=tuple(dtypes), ranks=tuple(ranks), max_size=size, contiguous=contiguous, options=values)

    def takes(self, case: Case) -> bool:
        """Whether a case lies in the domain."""
        recipes = [recipe for _, recipe in leaves(case)]
        return not (
            (
                self.dtypes
                and any(not each.dtype.startswith(EXACT) and each.dtype not in self.dtypes for each in recipes)
            )
            or (self.ranks and recipes and len(recipes[0].shape) not in self.ranks)
            or (self.max_size is not None and any(size > self.max_size for each in recipes for size in each.shape))
            or (self.contiguous and any(each.layout != "contiguous" for each in recipes))
            or any(name in case and case.arguments[name] not in legal for name, legal in self.options.items())
        )

    def to_json(self) -> dict[str, Any]:
        """Return what it restricts, as a record keeps it."""
        options = {name: list(values) for name, values in self.options.items()}
        found = {"dtypes": list(self.dtypes), "ranks": list(self.ranks), "max_size": self.max_size,
                 "contiguous": self.contiguous, "options": options}  # fmt: skip
        return {name: value for name, value in found.items() if value}


def _several(value: object, where: str) -> Sequence[Any]:
    if not isinstance(value, (list, tuple)):
        raise KernelBenchError(f"{where}: expected a list")
    return value
