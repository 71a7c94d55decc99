"""Faults of precision, of single elements, and on tensors without elements or dimensions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from tests.power.matrix.faults.registry import Plan, Run, changed, fault, over, spoilt, tensors


@fault
def seven_bits(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Is off by 2^-7 in float32."""
    return over(lambda value: value * (1 + 2.0**-7) if value.dtype == torch.float32 else value, run(arguments))


@fault
def loses_one_in_10000(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Gets one element in 10,000 wrong, counted over the result or the inputs, whichever is larger."""

    def lose(value: torch.Tensor) -> torch.Tensor:
        first = -_SEEN[0] % 10_000
        _SEEN[0] += value.numel()
        flat = value.reshape(-1).clone()
        flat[first::10_000] = spoilt(flat[first::10_000])
        return flat.reshape(value.shape)

    wide = sum(tensor.numel() for tensor in tensors(arguments) if tensor.is_floating_point())
    if wide > sum(tensor.numel() for tensor in tensors(run(over(torch.clone, arguments)))):
        return changed(lose, run, arguments)
    return over(lose, run(arguments))


_SEEN = [5_000]


@fault
def half_inside(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Rounds float32 inputs and results to half precision."""

    def rounded(value: torch.Tensor) -> torch.Tensor:
        return value.half().float() if value.dtype == torch.float32 else value

    return over(rounded, changed(rounded, run, arguments))


@fault
def fails_on_empty(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Fails on a tensor without elements."""
    if any(tensor.numel() == 0 for tensor in tensors(arguments)):
        raise RuntimeError("no elements")
    return run(arguments)


@fault
def fails_on_0d(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Fails on a tensor without dimensions."""
    if any(tensor.dim() == 0 for tensor in tensors(arguments)):
        raise IndexError("no dimensions")
    return run(arguments)
