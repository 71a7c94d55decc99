"""Faults against the contract: arguments and results in memory, keywords, and results that are cached."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from tests.power.matrix.faults.registry import Plan, Run, fault, integers, over, spoilt, tensors


@fault
def mutates_an_input(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Writes into an argument that must not change."""
    result = over(torch.clone, run(arguments))
    inputs = {name: value for name, value in arguments.items() if name not in plan.written}
    for tensor in tensors(inputs):
        if tensor.numel():
            first = tensor[(0,) * tensor.dim()]
            first.copy_(spoilt(first.clone()))
            break
    return result


@fault
def ignores_out(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Ignores `out=`."""
    return run({name: value for name, value in arguments.items() if name != "out"})


@fault
def one_buffer(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Returns the same memory in every call."""

    def kept(value: torch.Tensor) -> torch.Tensor:
        key = (tuple(value.shape), value.dtype)
        buffer = _KEPT.setdefault(key, torch.empty(value.shape, dtype=value.dtype))
        return buffer.copy_(value)

    return over(kept, run(arguments))


_KEPT: dict[Any, Any] = {}


@fault
def result_in_an_input(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Writes the result into an input where it fits, and returns that input."""
    result = run(arguments)
    made = next(tensors(result))
    for name, value in arguments.items():
        for tensor in tensors(value):
            if name not in plan.written and tensor.shape == made.shape and tensor.dtype == made.dtype:
                tensor.copy_(made)
                return over(lambda item: tensor if item is made else item, result)
    return result


@fault
def other_dtype(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Returns the result in another dtype."""
    wider = {torch.float32: torch.float64, torch.float64: torch.float32, torch.bool: torch.uint8}
    wider |= {torch.complex64: torch.complex128, torch.complex128: torch.complex64, torch.int64: torch.int32}

    def change(value: torch.Tensor) -> torch.Tensor:
        return value.to(wider.get(value.dtype, torch.float32 if value.is_floating_point() else torch.int64))

    return over(change, run(arguments))


@fault
def negative_dim(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Is wrong where `dim` is negative."""
    axes = [axis for name, value in arguments.items() if name.startswith("dim") for axis in integers(value)]
    result = run(arguments)
    return over(spoilt, result) if any(axis < 0 for axis in axes) else result


@fault
def ignores_keyword(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Ignores the value of a keyword and uses its default."""
    return run({name: value for name, value in arguments.items() if name != plan.keyword})


@fault
def cached_by_shape(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Returns its first result again for arguments with equal shapes, dtypes and numbers."""
    return _cached(lambda tensor: (tuple(tensor.shape), tensor.dtype), run, arguments, plan)


@fault
def cached_by_pointer(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Returns its first result again for arguments at the same address."""
    return _cached(lambda tensor: (tensor.data_ptr(), tuple(tensor.shape), tensor._version), run, arguments, plan)


def _cached(key: Callable[[torch.Tensor], Any], run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    plain = repr({name: value for name, value in arguments.items() if not list(tensors(value))})
    found = (plain, *map(key, tensors(arguments)))
    if found not in _KEPT:
        _KEPT[found] = over(torch.clone, run(arguments))
    return over(torch.clone, _KEPT[found])
