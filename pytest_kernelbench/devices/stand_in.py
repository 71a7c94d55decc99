"""Tensors that claim to be on a GPU: CPU tensors, so that host code written for a GPU runs on a machine without one.

A torch function mode redirects `device=` arguments to the CPU and answers queries for a tensor's device. What host code
learns of the GPU itself is in `torch_cuda` and `driver`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from pytest_kernelbench.devices import cuda_graphs, generators

CUDA, CPU = torch.device("cuda", 0), torch.device("cpu")

POISONS: dict[str, float] = {"nan": float("nan"), "big": 2.0**100, "zero": 0.0, "one": 1.0}
"""Contents of uninitialised memory by name; `zero` and `one` are for kernels that are compiled but not run."""

INTEGERS = {"big": 7, "zero": 0, "one": 1}
"""The same for integers; names that are missing here stand for the largest integer of the dtype."""

_EMPTY = {
    torch.empty,
    torch.empty_like,
    torch.empty_strided,
    torch.empty_permuted,
    torch.Tensor.new_empty,
    torch.Tensor.new_empty_strided,
}


def by_torch(function: Any, args: Any, kwargs: Any) -> Any:
    """Call a function of torch for the kernel; what is raised here is torch's word on what the kernel passes."""
    return function(*args, **(kwargs or {}))


def _getter(name: str) -> Any:
    return getattr(torch.Tensor, name).__get__


class Poisoned(TorchFunctionMode):
    """While active, poisons uninitialised tensors on any device."""

    def __init__(self, poison: str = "nan") -> None:
        super().__init__()
        self.poison = poison

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = by_torch(func, args, kwargs)
        if func in _EMPTY:
            poison(result, self.poison)
        return result


class StandIn(Poisoned):
    """While active, makes every tensor claim to be on `cuda:0`, and poisons uninitialised tensors."""

    def __init__(self, poison: str = "nan", tensor_device: torch.device = CPU) -> None:
        """`tensor_device` is where tensors for a CUDA device are made."""
        super().__init__(poison)
        self.tensor_device = tensor_device
        # Each access to an accessor returns a new object, which equals the others but is not identical to them.
        self.answers: dict[Any, Callable[..., Any]] = {
            _getter("device"): lambda tensor: CUDA,
            _getter("is_cuda"): lambda tensor: True,
            _getter("is_cpu"): lambda tensor: False,
            torch.Tensor.get_device: lambda tensor: 0,
            torch.Tensor.cuda: lambda tensor, *args, **kwargs: tensor,
            torch.Tensor.pin_memory: lambda tensor, *args, **kwargs: tensor,
        }

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        answer = self.answers.get(func)
        if answer is not None:
            return answer(*args, **(kwargs or {}))
        if func is torch.device:
            return by_torch(func, args, kwargs)
        redirected = tuple(redirect(value, self.tensor_device) for value in args)
        named = {name: redirect(value, self.tensor_device) for name, value in (kwargs or {}).items()}
        # A number names a GPU where it is the device of a new tensor, or where a tensor goes.
        if type(named.get("device")) is int:
            named["device"] = self.tensor_device
        if func is torch.Tensor.to and len(args) > 1 and type(args[1]) is int:
            redirected = (redirected[0], self.tensor_device, *redirected[2:])
        result = super().__torch_function__(func, types, redirected, named)
        if cuda_graphs.Graph.capturing is not None and isinstance(result, torch.Tensor):
            _refuse_to_capture(func, args, result)
        return result


def _refuse_to_capture(func: Any, args: Any, result: torch.Tensor) -> None:
    """Raise `Missing` for an operation in a CUDA graph, unless it only allocates or views."""
    name = getattr(func, "__name__", "?")
    same = bool(args) and (result is args[0] or result._is_view())
    if func not in _EMPTY and (name.endswith("_") or not same):
        cuda_graphs.refuse(name)


def redirect(value: Any, tensor_device: torch.device = CPU) -> Any:
    """Return `tensor_device` where the value names a CUDA device, and what is behind a generator of a GPU."""
    if isinstance(value, torch.device):
        return tensor_device if value.type == "cuda" else value
    if isinstance(value, str) and value.partition(":")[0] == "cuda":
        return tensor_device
    return generators.drawn_from(value)


def poison(tensor: torch.Tensor, name: str) -> None:
    """Fill an uninitialised tensor with the contents of this name, one of `POISONS`."""
    if tensor.is_floating_point() or tensor.is_complex():
        value = POISONS[name]
        if tensor.dtype == torch.float16 and value == value:
            value = 60_000.0
        tensor.fill_(value)
    elif tensor.dtype == torch.bool:
        tensor.fill_(name != "zero")
    else:
        tensor.fill_(INTEGERS.get(name, torch.iinfo(tensor.dtype).max))
