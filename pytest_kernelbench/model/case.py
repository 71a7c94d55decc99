"""A case: one concrete input of a task, as a recipe that can be printed, pasted, sent and rebuilt anywhere."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pytest_kernelbench.model.errors import TaskError, choices

ITEMSIZE: Mapping[str, int] = {
    "float64": 8, "float32": 4, "float16": 2, "bfloat16": 2,
    "complex128": 16, "complex64": 8,
    "int64": 8, "int32": 4, "int16": 2, "int8": 1, "uint8": 1, "bool": 1,
}  # fmt: skip
"""Bytes per element of each dtype that a tensor may have, by name."""

FILLS: Mapping[str, tuple[int, int]] = {
    "normal": (0, 2), "uniform": (2, 2), "integers": (2, 2), "constant": (1, 1), "outliers": (0, 0),
    "signed_zeros": (0, 0), "denormals": (0, 0), "nan": (0, 0), "inf": (0, 0), "infinite_start": (0, 0),
    "distinct": (0, 0), "bernoulli": (1, 1), "signs": (0, 0), "log_probabilities": (1, 1), "symmetric": (0, 1),
    "hermitian": (0, 1), "positive_definite": (0, 0), "nonsingular": (0, 0), "graded": (1, 1), "dominant": (0, 0),
    "small_pivots": (1, 1), "diagonalizable": (0, 0), "lower": (0, 0), "upper": (0, 0), "junk": (0, 0),
    "lowest": (0, 0), "highest": (0, 0), "wide": (0, 0), "probabilities": (0, 0),
}  # fmt: skip
"""Minimum and maximum number of arguments of each fill; `wire.fills` defines the fills."""

LAYOUTS = ("contiguous", "transposed", "strided", "offset", "expanded", "channels_last")
"""Memory layouts of a tensor; `wire.materialize.geometry` defines them."""

FAR_LAYOUTS = ("far", "far_last")
"""Layouts with more than 2^31 elements between the first and the last step along an axis: see `wire.far`."""

_FILL = re.compile(r"([a-z_]+)(?:\((.*)\))?")
_SCALARS = (bool, int, float, complex, str, type(None))


@dataclass(frozen=True, slots=True)
class DType:
    """A dtype as an argument value, `softmax(x, dim, dtype=DType("float64"))`."""

    name: str

    def __post_init__(self) -> None:
        _check_dtype(self.name)

    def __repr__(self) -> str:
        return f"DType({self.name!r})"


@dataclass(frozen=True, slots=True)
class Generator:
    """A random generator as an argument value, `rand(5, generator=Generator(7))`: each call gets a new one."""

    seed: int

    def __repr__(self) -> str:
        return f"Generator({self.seed})"


@dataclass(frozen=True, slots=True, repr=False)
class Tensor:
    """The recipe of one tensor argument: equal recipes of the same argument give bitwise equal tensors.

    `fill` names a distribution, with arguments where it has any: `"normal"`, `"normal(1000, 0.1)"`, `"integers(0, 7)"`
    (as `torch.randint`, the upper end excluded). `layout` is the memory layout; `expanded` changes the values, too,
    since it repeats the first row. With `edited`, one element in the middle half is drawn again and all others stay as
    they are; this needs a fill that draws elements independently (`normal`, `uniform`, `integers`). A number from 2 on
    is that of another edit, as `wire.edits` defines them for almost all fills.
    """

    shape: tuple[int, ...]
    dtype: str = "float32"
    fill: str = "normal"
    layout: str = "contiguous"
    seed: int = 0
    edited: int = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", tuple(int(size) for size in self.shape))
        if any(size < 0 for size in self.shape):
            raise TaskError(f"Tensor({self.shape}): sizes are at least 0")
        _check_dtype(self.dtype)
        parse_fill(self.fill)
        if self.layout not in (*LAYOUTS, *FAR_LAYOUTS):
            raise TaskError(f"layout {self.layout!r}: {choices(self.layout, (*LAYOUTS, *FAR_LAYOUTS))}")

    def __repr__(self) -> str:
        parts = [repr(self.shape)]
        shown = {"dtype": "float32", "fill": "normal", "layout": "contiguous", "seed": 0, "edited": False}
        values = {name: getattr(self, name) for name in shown}
        if values["dtype"] != shown["dtype"]:
            parts.append(repr(values["dtype"]))
        parts += [f"{name}={values[name]!r}" for name in list(shown)[1:] if values[name] != shown[name]]
        return f"Tensor({', '.join(parts)})"

    @property
    def numel(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of the elements, without padding of the layout."""
        return self.numel * ITEMSIZE[self.dtype]


class Case:
    """One concrete input: argument names of the published signature with scalars and `Tensor` recipes.

    Arguments are attributes: scalars, `DType`, `Generator`, `Tensor`, tuples and lists of those. The class has no
    methods, so that an argument can have any name.
    """

    __slots__ = ("arguments",)
    arguments: Mapping[str, Any]

    def __init__(self, /, **arguments: Any) -> None:
        for name, value in arguments.items():
            _check_value(name, value)
        object.__setattr__(self, "arguments", arguments)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.arguments[name]
        except KeyError:
            raise AttributeError(f"this case has no argument {name!r}: {', '.join(self.arguments)}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError("cases are immutable: use replace(case, name=value)")

    def __contains__(self, name: object) -> bool:
        return name in self.arguments

    def __repr__(self) -> str:
        return f"Case({', '.join(f'{name}={_source(value)}' for name, value in self.arguments.items())})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Case) and repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash(repr(self))


def replace(case: Case, **changes: Any) -> Case:
    """Return the case with some arguments changed or added."""
    return Case(**{**case.arguments, **changes})


def without(case: Case, *names: str) -> Case:
    """Return the case without some arguments."""
    return Case(**{name: case.arguments[name] for name in case.arguments if name not in names})


def leaves(case: Case) -> Iterator[tuple[str, Tensor]]:
    """Yield each tensor of the case with its path: `("input", Tensor)`, `("tensors[1]", Tensor)`."""
    for name, value in case.arguments.items():
        yield from _leaves(name, value)


def numel(case: Case) -> int:
    """Return the number of elements of all tensors of the case."""
    return sum(recipe.numel for _, recipe in leaves(case))


def map_tensors(case: Case, change: Callable[[str, Tensor], Tensor]) -> Case:
    """Return the case with `change(path, tensor)` in place of each tensor."""
    return Case(**{name: _map(name, value, change) for name, value in case.arguments.items()})


def parse_fill(fill: str) -> tuple[str, tuple[float, ...]]:
    """Split `"normal(1000, 0.1)"` into `("normal", (1000.0, 0.1))`.

    Raises `TaskError` if the name is unknown or the number of arguments wrong.
    """
    match = _FILL.fullmatch(fill)
    if match is None or match[1] not in FILLS:
        raise TaskError(f"fill {fill!r}: {choices(fill, FILLS)}")
    try:
        arguments = tuple(float(part) for part in match[2].split(",")) if match[2] else ()
    except ValueError:
        raise TaskError(f"fill {fill!r}: arguments are numbers") from None
    minimum, maximum = FILLS[match[1]]
    if not minimum <= len(arguments) <= maximum:
        raise TaskError(f"fill {fill!r}: {match[1]} takes {minimum} to {maximum} arguments")
    return match[1], arguments


def _source(value: Any) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return f"float({repr(value)!r})"
    if isinstance(value, tuple):
        return f"({', '.join(map(_source, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, list):
        return f"[{', '.join(map(_source, value))}]"
    return repr(value)


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Tensor]]:
    if isinstance(value, Tensor):
        yield path, value
    elif isinstance(value, (tuple, list)):
        for index, item in enumerate(value):
            yield from _leaves(f"{path}[{index}]", item)


def _map(path: str, value: Any, change: Callable[[str, Tensor], Tensor]) -> Any:
    if isinstance(value, Tensor):
        return change(path, value)
    if isinstance(value, (tuple, list)):
        return type(value)(_map(f"{path}[{index}]", item, change) for index, item in enumerate(value))
    return value


def _check_value(name: str, value: Any) -> None:
    if isinstance(value, (tuple, list)):
        for item in value:
            _check_value(name, item)
    elif not isinstance(value, (*_SCALARS, DType, Generator, Tensor)):
        kinds = "Tensor, DType, Generator or scalars"
        raise TaskError(f"argument {name}: a {type(value).__name__} cannot be in a case; use {kinds}")


def _check_dtype(name: str) -> None:
    if name not in ITEMSIZE:
        raise TaskError(f"dtype {name!r}: {choices(name, ITEMSIZE)}")
