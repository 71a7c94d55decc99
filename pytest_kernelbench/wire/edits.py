"""Edits of a tensor's contents: a few elements change, and the contents stay what the fill says that they are.

An edit has a number, from 2 on. Judge and runner compute the same changes from it: the judge when it makes the tensors
of a case whose recipes are `edited`, the runner in the memory of an input set, between two uses.
"""

from __future__ import annotations

import functools
import hashlib
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_kernelbench.model.case import Case, Tensor, leaves, parse_fill
from pytest_kernelbench.wire.fills import INDEPENDENT

if TYPE_CHECKING:
    import torch

FIRST_EDIT, LAST_EDIT = 2, 1 << 62
"""Range of the numbers of edits, the end excluded; 0 and 1 are the False and True of `Tensor.edited`."""

Read = Callable[[int], Any]
"""Returns the element at an index into the contiguous contents, as a number of Python."""

Changes = list[tuple[int, Any]]
"""Indices into the contiguous contents, and the new values there."""


class _Draws(NamedTuple):
    """What an edit takes from its number: a place, and two numbers between 0 and 1."""

    place: int
    first: float
    second: float

    @property
    def sign(self) -> float:
        """-1 or 1."""
        return 1.0 if self.second < 0.5 else -1.0


def can_edit(case: Case) -> bool:
    """Whether an edit changes any tensor of a case."""
    return any(_kind(recipe) is not None for _, recipe in leaves(case))


def changes(path: str, recipe: Tensor, number: int, read: Read) -> Changes:
    """Return what an edit changes in one tensor; nothing where the fill allows no change, or there are no elements.

    `read` gives the contents before the edit.
    """
    kind = _kind(recipe)
    if kind is None:
        return []
    digest = hashlib.blake2b(f"{number} {path}".encode(), digest_size=24).digest()
    place, first, second = (int.from_bytes(digest[start : start + 8]) for start in (0, 8, 16))
    # Only the first row of an expanded tensor has memory.
    rows = recipe.shape[0] if recipe.layout == "expanded" and recipe.shape else 1
    return kind(recipe, _Draws(place % (recipe.numel // rows), first / 2**64, second / 2**64), read)


def apply(values: torch.Tensor, path: str, recipe: Tensor) -> torch.Tensor:
    """Return contiguous contents with the edit that a recipe asks for."""
    import torch

    flat = values.reshape(-1).clone()
    for index, value in changes(path, recipe, recipe.edited, lambda at: values.reshape(-1)[at].item()):
        flat[index] = torch.frombuffer(bytearray(packed(value, recipe.dtype)), dtype=values.dtype)[0]
    return flat.reshape(values.shape)


def packed(value: Any, dtype: str) -> bytes:
    """Return the bytes of a number in a dtype; a fraction of the time that torch takes, where numpy has the dtype."""
    import numpy as np

    if dtype != "bfloat16":
        return np.asarray(value).astype(dtype).tobytes()
    import torch

    return bytes(torch.tensor(float(value), dtype=torch.float64).to(torch.bfloat16).view(torch.int16).numpy().tobytes())


def unpacked(data: bytes, dtype: str) -> Any:
    """Return the number that these bytes are in a dtype."""
    import numpy as np

    # The upper half of a float32.
    return np.frombuffer(b"\0\0" + data, "float32").item() if dtype == "bfloat16" else np.frombuffer(data, dtype).item()


@functools.lru_cache(maxsize=1024)
def _kind(recipe: Tensor) -> Callable[[Tensor, _Draws, Read], Changes] | None:
    """Return how contents of this fill are edited; None where they cannot be."""
    name, arguments = parse_fill(recipe.fill)
    if not recipe.numel or (name == "bernoulli" and not 0 < arguments[0] < 1):
        return None
    if recipe.dtype == "bool":
        return _flipped if name in (*INDEPENDENT, "bernoulli") else None
    if recipe.layout == "expanded" and name in _MATRICES:
        return None
    return {**_VALUES, **_MATRICES}.get(name)


@functools.lru_cache(maxsize=1024)
def _arguments(recipe: Tensor) -> tuple[float, ...]:
    return parse_fill(recipe.fill)[1]


def _flipped(recipe: Tensor, draws: _Draws, read: Read) -> Changes:
    return [(draws.place, 1 - int(read(draws.place)))]


def _negated(recipe: Tensor, draws: _Draws, read: Read) -> Changes:
    return [(draws.place, -read(draws.place))]


def _normal(recipe: Tensor, draws: _Draws, read: Read) -> Changes:
    """A value of two to four standard deviations: sums of many elements change by more than their roundoff."""
    given = _arguments(recipe)
    mean, std = (*given, *(0.0, 1.0)[len(given) :])
    return [(draws.place, _quantised(recipe, mean + std * draws.sign * (2 + 2 * draws.first), read(draws.place)))]


def _uniform(recipe: Tensor, draws: _Draws, read: Read) -> Changes:
    """Another value of the interval, at least a quarter of it away."""
    low, high = _arguments(recipe)
    old = read(draws.place)
    if not _is_integer(recipe):
        real = old.real if isinstance(old, complex) else old
        share = (real - low) / (high - low) if high > low else 0.0
        value = low + (high - low) * ((share + 0.25 + 0.5 * draws.first) % 1.0)
        return [(draws.place, value)]
    return [(draws.place, _quantised(recipe, low + (high - low) * draws.first, old))]


def _integers(recipe: Tensor, draws: _Draws, read: Read) -> Changes:
    """Another integer of the range."""
    low, high = map(int, _arguments(recipe))
    old = read(draws.place)
    count = high - low
    if count < 2:
        return []
    real = int(old.real if isinstance(old, complex) else old)
    return [(draws.place, low + (real - low + 1 + int(draws.first * (count - 1))) % count)]


def _log_probabilities(recipe: Tensor, draws: _Draws, read: Read) -> Changes:
    """Two elements of one distribution change places."""
    if not recipe.shape or recipe.layout == "expanded":
        return []
    dim = int(next(iter(_arguments(recipe)), -1))
    size = recipe.shape[dim]
    step = math.prod(recipe.shape[dim % len(recipe.shape) + 1 :])
    if size < 2:
        return []
    here = draws.place // step % size
    there = (here + 1 + int(draws.first * (size - 1))) % size
    other = draws.place + (there - here) * step
    return [(draws.place, read(other)), (other, read(draws.place))]


def _distinct(recipe: Tensor, draws: _Draws, read: Read) -> Changes:
    """Two elements change places."""
    if recipe.numel < 2 or recipe.layout == "expanded":
        return []
    other = (draws.place + 1 + int(draws.first * (recipe.numel - 1))) % recipe.numel
    return [(draws.place, read(other)), (other, read(draws.place))]


def _on_diagonal(recipe: Tensor, place: int) -> int:
    """Return the index of the diagonal element in the matrix and the row of an element, as far as there is one."""
    rows, columns = recipe.shape[-2:]
    row = min(place // columns % rows, columns - 1)
    return place - place % (rows * columns) + row * columns + row


def _symmetric(recipe: Tensor, draws: _Draws, read: Read) -> Changes:
    """A pair of elements on both sides of the diagonal changes by one to two."""
    rows, columns = recipe.shape[-2:]
    start = draws.place - draws.place % (rows * columns)
    row, column = divmod(draws.place - start, columns)
    if row == column:
        column = (column + 1) % columns
    if row == column:
        return []
    delta = draws.sign * (1 + draws.first)
    places = (start + row * columns + column, start + column * columns + row)
    return [(place, read(place) + delta) for place in places]


def _positive_definite(recipe: Tensor, draws: _Draws, read: Read) -> Changes:
    """An element of the diagonal grows by one to two, so that no eigenvalue becomes smaller."""
    place = _on_diagonal(recipe, draws.place)
    return [(place, read(place) + 1 + draws.first)]


def _nonsingular(recipe: Tensor, draws: _Draws, read: Read) -> Changes:
    """An element changes by at most half of the smallest singular value, which is 1/2."""
    return [(draws.place, read(draws.place) + draws.sign * (0.125 + 0.125 * draws.first))]


def _triangular(recipe: Tensor, draws: _Draws, read: Read) -> Changes:
    """An element of the diagonal gets another value between 1 and 2."""
    place = _on_diagonal(recipe, draws.place)
    old = read(place)
    share = (old.real if isinstance(old, complex) else old) - 1
    return [(place, 1 + (share + 0.25 + 0.5 * draws.first) % 1.0)]


def _row_negated(recipe: Tensor, draws: _Draws, read: Read) -> Changes:
    """A row changes its sign, and no singular value changes."""
    columns = recipe.shape[-1]
    start = draws.place - draws.place % columns
    return [(place, -read(place)) for place in range(start, start + columns)]


def _is_integer(recipe: Tensor) -> bool:
    return recipe.dtype.startswith(("int", "uint"))


def _quantised(recipe: Tensor, value: float, old: Any) -> Any:
    """Return a value for the dtype of a recipe: integers are ten times as large, as `fills.quantise` makes them."""
    if not _is_integer(recipe):
        return value
    import numpy as np

    limits = np.iinfo(recipe.dtype)
    whole = min(max(round(10 * value), int(limits.min)), int(limits.max))
    return whole if whole != old else whole - 1 if whole > limits.min else whole + 1


_VALUES: dict[str, Callable[[Tensor, _Draws, Read], Changes]] = {
    "normal": _normal,
    "uniform": _uniform,
    "integers": _integers,
    "bernoulli": _flipped,
    "signs": _negated,
    "log_probabilities": _log_probabilities,
    "probabilities": _log_probabilities,
    "distinct": _distinct,
}
"""Fills whose elements have nothing to do with their places."""

_MATRICES: dict[str, Callable[[Tensor, _Draws, Read], Changes]] = {
    "symmetric": _symmetric,
    "hermitian": _symmetric,
    "positive_definite": _positive_definite,
    "nonsingular": _nonsingular,
    "lower": _triangular,
    "upper": _triangular,
    "graded": _row_negated,
    "dominant": _row_negated,
}
"""Fills of matrices."""
