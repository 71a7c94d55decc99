"""Tensors in nested lists and tuples: change each of the arguments, and name each of the results."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


def changed(value: Any, change: Callable[[Any], Any]) -> Any:
    """Return a value with `change` applied to each tensor and dtype in it."""
    import torch

    if isinstance(value, (torch.Tensor, torch.dtype)):
        return change(value)
    if isinstance(value, (tuple, list)):
        return type(value)(changed(item, change) for item in value)
    return value


def named(name: str, value: Any) -> list[tuple[str, torch.Tensor]]:
    """Return the tensors of a result with their names: `result`, or `result[0]` and so on."""
    import torch

    if isinstance(value, torch.Tensor):
        return [(name, value)]
    if isinstance(value, (tuple, list)):
        return [pair for index, item in enumerate(value) for pair in named(f"{name}[{index}]", item)]
    raise TypeError(f"{name} of the reference is a {type(value).__name__}, not a tensor")
