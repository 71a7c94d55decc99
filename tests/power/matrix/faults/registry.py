"""What all faults share: their registry, what a fault knows of its task, and changes of nested values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import torch

Run = Callable[[Mapping[str, Any]], Any]
"""Calls the reference with arguments by name."""

FAULTS: dict[str, Callable[..., Any]] = {}
"""All faults, in the order of the page."""


class Plan(NamedTuple):
    """What a fault knows of its task."""

    reference: Callable[..., Any]
    written: tuple[str, ...] = ()
    """Arguments that may be written."""
    keyword: str | None = None
    """The keyword that is ignored."""


def fault(function: Callable[..., Any]) -> Callable[..., Any]:
    """Register a fault: its name is the function's, its description the first line of the docstring."""
    FAULTS[function.__name__] = function
    return function


def tensors(value: Any) -> Iterator[torch.Tensor]:
    """Yield every tensor of a nested value."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from tensors(item)
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from tensors(item)


def integers(value: Any) -> Iterator[int]:
    """Yield every integer of a nested value."""
    if isinstance(value, (tuple, list)):
        for item in value:
            yield from integers(item)
    elif isinstance(value, int):
        yield value


def over(change: Callable[[torch.Tensor], torch.Tensor], value: Any) -> Any:
    """Return a nested value with every tensor changed."""
    if isinstance(value, torch.Tensor):
        return change(value)
    if isinstance(value, Mapping):
        return {name: over(change, item) for name, item in value.items()}
    if isinstance(value, (tuple, list)):
        items = [over(change, item) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    return value


def into(out: Any, result: Any) -> Any:
    """Write a result, or the parts of one, into `out` and return that."""
    for target, part in zip(tensors(out), tensors(result), strict=True):
        target.copy_(part)
    return out


def spoilt(value: torch.Tensor) -> torch.Tensor:
    """Return other values of the same dtype."""
    if value.dtype == torch.bool:
        return ~value
    if value.is_floating_point() or value.is_complex():
        return value * 1.5 + 1
    return value + 1


def spoilt_if(condition: Callable[[torch.Tensor], bool], run: Run, arguments: Mapping[str, Any]) -> Any:
    """Return wrong values where any tensor among the arguments meets the condition."""
    struck = any(condition(tensor) for tensor in tensors(arguments))
    result = run(arguments)
    return over(spoilt, result) if struck else result


def changed(change: Callable[[torch.Tensor], torch.Tensor], run: Run, arguments: Mapping[str, Any]) -> Any:
    """Run on changed floating inputs; what the reference writes into them is written into the arguments."""

    def real(value: torch.Tensor) -> torch.Tensor:
        return change(value).clone() if value.is_floating_point() or value.is_complex() else value

    others = over(real, arguments)
    before = [tensor.clone() for tensor in tensors(others)]
    result = run(others)
    # Version counters cannot be used: running statistics are updated without them.
    for value, other, was in zip(tensors(arguments), tensors(others), before, strict=True):
        if other is not value and not torch.equal(torch.nan_to_num(other), torch.nan_to_num(was)):
            value.copy_(other)
    return result
