"""Examples of a call as cases: tensors become recipes with their shape, dtype and kind of values."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.model.case import Case, DType, Generator, Tensor
from pytest_kernelbench.model.errors import TaskError

if TYPE_CHECKING:
    import torch

SURE = 16
"""Values from which on it is no accident that none of them is negative."""


def case_of(reference: Callable[..., Any], example: Any) -> Case:
    """Return the case of an example: a case, a dictionary by name, positional arguments, or a function that makes one.

    Raises `TaskError` for arguments that the reference does not take, or that a case cannot hold.
    """
    if callable(example) and not isinstance(example, Case):
        example = example()
    if isinstance(example, Case):
        return example
    positional, named = ((), example) if isinstance(example, Mapping) else (_listed(example), {})
    try:
        bound = inspect.signature(reference).bind(*positional, **named)
    except TypeError as error:
        raise TaskError(f"example {_shown(example)}: {error}: {inspect.signature(reference)}") from None
    return Case(**{name: _recipe(value) for name, value in bound.arguments.items()})


def _listed(example: Any) -> tuple[Any, ...]:
    return tuple(example) if isinstance(example, (tuple, list)) else (example,)


def _recipe(value: Any) -> Any:
    """Return an argument as a case has it."""
    if isinstance(value, (tuple, list)):
        return type(value)(_recipe(item) for item in value)
    kind = type(value).__name__
    if kind in ("Tensor", "Parameter") and not isinstance(value, Tensor):
        return recipe_of(value)
    if kind == "dtype":
        return DType(str(value).removeprefix("torch."))
    return Generator(value.initial_seed()) if kind == "Generator" and not isinstance(value, Generator) else value


def recipe_of(tensor: torch.Tensor) -> Tensor:
    """Return the recipe of tensors like this one: its shape, its dtype, and the range of its values."""
    return Tensor(tuple(tensor.shape), str(tensor.dtype).removeprefix("torch."), _fill(tensor))


def _fill(tensor: torch.Tensor) -> str:
    import torch

    if tensor.dtype == torch.bool:
        return "bernoulli(0.5)"
    if tensor.is_complex() or tensor.device.type == "meta" or not tensor.numel():
        return "normal"
    low, high = tensor.min().item(), tensor.max().item()
    if not tensor.is_floating_point():
        return f"integers({int(low)}, {int(high) + 1})"
    if tensor.numel() >= SURE and low >= 0 and high > low:
        return f"uniform({low:.4g}, {high:.4g})"
    return "normal"


def _shown(example: Any) -> str:
    names = list(example) if isinstance(example, Mapping) else [type(value).__name__ for value in _listed(example)]
    return f"({', '.join(map(str, names))})"
