"""References of large cases in slices of their rows, where each row of the result depends on its own row alone.

A reference in float64 takes several times the memory of its inputs. Where all large tensors have the same first
dimension, and a few rows alone give what they give among others, the rows are computed slice by slice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

LARGE = 1 << 28
"""Elements of all tensors together from which on slices are tried: 2 GiB in float64."""

SLICE = 1 << 26
"""Elements of the tensors of a slice together."""

FEW = 1 / 64
"""Share of the largest tensor up to which another one may have other dimensions; it is then part of every slice."""

Run = Callable[[Mapping[str, Any]], "dict[str, torch.Tensor]"]
"""Runs a reference on arguments and returns its outputs by name."""


def independent_rows(run: Run, arguments: Mapping[str, Any]) -> int | None:
    """Return the number of rows if a case is large and its rows are independent, else None; `run` is in float64."""
    rows = _rows(arguments)
    return rows if rows is not None and independent(run, arguments, rows) else None


def in_slices(run: Run, arguments: Mapping[str, Any], rows: int) -> dict[str, torch.Tensor]:
    """Return the outputs of a reference whose rows are independent, computed slice by slice."""
    import torch

    step = max(1, rows * SLICE // sum(tensor.numel() for tensor in _tensors(arguments)))
    parts = [run(_part(arguments, rows, start, min(start + step, rows))) for start in range(0, rows, step)]
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


def independent(run: Run, arguments: Mapping[str, Any], rows: int) -> bool:
    """Whether a few rows give the same outputs alone and together, each output having one row for each of them."""
    import torch

    half = max(1, min(rows // 2, 1 + rows // 4096))
    try:
        first, second, both = (
            run(_part(arguments, rows, start, end)) for start, end in ((0, half), (half, 2 * half), (0, 2 * half))
        )
    except Exception:  # the reference needs all rows, whatever it raises without them
        return False
    for name, whole in both.items():
        one, other = first[name], second[name]
        if not (one.dim() and other.dim()) or one.shape[0] != half or other.shape[0] != half:
            return False
        apart = torch.cat([one, other])
        if apart.shape != whole.shape or apart.dtype != whole.dtype or not _same(apart, whole):
            return False
    return bool(both)


def _same(left: torch.Tensor, right: torch.Tensor) -> bool:
    """Whether two tensors are equal but for the order of roundings in float64."""
    import torch

    return bool(torch.allclose(left, right, rtol=1e-12, atol=1e-12, equal_nan=True))


def _rows(arguments: Mapping[str, Any]) -> int | None:
    """Return the length of the first dimension that all large tensors share; None where there are no slices."""
    tensors = _tensors(arguments)
    if sum(tensor.numel() for tensor in tensors) < LARGE:
        return None
    most = max(tensor.numel() for tensor in tensors)
    large = [tensor for tensor in tensors if tensor.numel() > FEW * most]
    lengths = {tensor.shape[0] if tensor.dim() > 1 else -1 for tensor in large}
    rows = lengths.pop() if len(lengths) == 1 else -1
    # A small tensor of that length could be one number for each row, or for each column.
    others = [tensor for tensor in tensors if tensor.numel() <= FEW * most and tensor.dim() and rows in tensor.shape]
    return rows if rows > 1 and not others else None


def _tensors(arguments: Mapping[str, Any]) -> list[torch.Tensor]:
    import torch

    return [value for value in arguments.values() if isinstance(value, torch.Tensor)]


def _part(arguments: Mapping[str, Any], rows: int, start: int, end: int) -> dict[str, Any]:
    """Return the arguments with rows `start` to `end` of the tensors that have so many rows."""
    import torch

    return {
        name: value[start:end] if isinstance(value, torch.Tensor) and value.dim() and value.shape[0] == rows else value
        for name, value in arguments.items()
    }
