"""The text about wrong values: the worst element, how many are wrong, and the first five."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from pytest_kernelbench.judge.comparison.evidence import ExpectedOutput
from pytest_kernelbench.judge.comparison.pieces import Piece, pieces
from pytest_kernelbench.judge.comparison.verdict import Mismatch

if TYPE_CHECKING:
    import torch


def worst_elements(
    expected: ExpectedOutput,
    got: torch.Tensor,
    chosen: Callable[[Piece], tuple[torch.Tensor, torch.Tensor]],
    note: str,
    limit: float,
    size: int | None,
) -> Mismatch:
    """Return the mismatch with the worst element, the number of wrong elements, the first five, and a note.

    `chosen` returns the errors of a piece in units, and which of its elements are wrong; `limit` is the largest error
    that is accepted, in units, and `size` the number of elements that are looked at a time.
    """
    import torch

    shape, count, worst, largest, first = tuple(expected.exact.shape), 0, 0, -1.0, list[int]()
    error = math.nan
    for piece in pieces(expected, got, size):
        units, wrong = (tensor.reshape(-1) for tensor in chosen(piece))
        count += int(wrong.sum())
        places = torch.where(wrong, torch.nan_to_num(units, nan=math.inf), -1.0)
        place = int(places.argmax())
        if float(places[place]) > largest or math.isnan(error):
            largest, worst, error = float(places[place]), piece.start + place, float(units[place])
        first += [piece.start + each for each in wrong.nonzero().reshape(-1)[: 5 - len(first)].tolist()]
    over = "must be equal" if math.isinf(error) else f"{error:.3g} units of error, at most {limit:g}"
    lines = [
        f"{expected.name}{list(_index(worst, shape))}: got {_element(got, worst)}, "
        f"wanted {_element(expected.exact, worst)} ({over})",
        f"{count} of {expected.exact.numel()} elements are wrong; first: "
        + ", ".join(f"{list(_index(i, shape))} {_element(got, i)} for {_element(expected.exact, i)}" for i in first),
        note,
    ]
    return Mismatch("wrong_values", "\n".join(lines))


def _index(flat: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the index of an element by its position in row-major order."""
    index = []
    for size in reversed(shape):
        flat, position = divmod(flat, size)
        index.append(position)
    return tuple(reversed(index))


def _element(tensor: torch.Tensor, flat: int) -> str:
    value = tensor.reshape(-1)[flat].item()
    return f"{value:.7g}" if isinstance(value, (float, complex)) else str(value)
