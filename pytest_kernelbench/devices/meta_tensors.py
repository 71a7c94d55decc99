"""A stand-in for host code whose launches are compiled but not run, with meta tensors where arguments are large.

No kernel writes results, so host code that reads them gets made-up values, zeros or ones. Reads are counted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from pytest_kernelbench.devices.stand_in import CPU, StandIn

META = torch.device("meta")
"""The device of tensors without contents."""

MAX_READS = 10_000
"""Reads in one call after which host code probably waits for a result that never changes."""

MAX_MADE_UP = 1 << 22
"""Elements of the largest tensor whose contents are made up when all of it is read."""


class EndlessReads(Exception):
    """Host code reads results without end; without kernels they never change."""


class MetaStandIn(StandIn):
    """A stand-in that counts reads and makes up the values of tensors without contents."""

    def __init__(self, poison: str = "zero", tensor_device: torch.device = CPU) -> None:
        """`poison` is `zero` or `one`; `tensor_device` is where tensors for a CUDA device are made."""
        super().__init__(poison, tensor_device)
        self.reads = 0
        """How often host code has read a tensor."""
        self.readers: dict[Any, Callable[[torch.Tensor], Any]] = {
            torch.Tensor.item: self._scalar,
            torch.Tensor.__bool__: lambda tensor: bool(self._scalar(tensor)),
            torch.Tensor.__int__: lambda tensor: int(self._scalar(tensor)),
            torch.Tensor.__index__: lambda tensor: int(self._scalar(tensor)),
            torch.Tensor.__float__: lambda tensor: float(self._scalar(tensor)),
            torch.Tensor.tolist: lambda tensor: self._whole(tensor).tolist(),
            torch.Tensor.numpy: lambda tensor, **kwargs: self._whole(tensor).numpy(),
            torch.Tensor.cpu: lambda tensor, *args, **kwargs: self._whole(tensor),
        }
        if tensor_device == META:
            self.answers[torch.Tensor.cuda] = lambda tensor, *args, **kwargs: tensor.to(META)

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        reader = self.readers.get(func)
        if reader is not None:
            self._count()
            if args[0].is_meta:
                return reader(*args, **(kwargs or {}))
        elif func is torch.Tensor.to and args[0].is_meta and _names_cpu(args[1:], kwargs or {}):
            self._count()
            return self._whole(args[0]).to(*args[1:], **(kwargs or {}))
        return super().__torch_function__(func, types, args, kwargs)

    def _count(self) -> None:
        """Count a read."""
        self.reads += 1
        if self.reads > MAX_READS:
            raise EndlessReads(
                f"host code read tensors more than {MAX_READS} times: it waits for something that no kernel writes"
            )

    def _scalar(self, tensor: torch.Tensor) -> Any:
        return self._whole(tensor).item()

    def _whole(self, tensor: torch.Tensor) -> torch.Tensor:
        """Return made-up contents of a tensor."""
        if tensor.numel() > MAX_MADE_UP:
            raise NotImplementedError(
                f"host code reads a tensor of {tensor.numel()} elements, which has no contents without a launch"
            )
        return torch.full(tensor.shape, float(self.poison == "one"), dtype=tensor.dtype, device=CPU)


def _is_cpu(value: Any) -> bool:
    return isinstance(value, (str, torch.device)) and torch.device(value) == CPU


def _names_cpu(args: Any, kwargs: dict[str, Any]) -> bool:
    return any(_is_cpu(value) for value in args) or _is_cpu(kwargs.get("device"))
