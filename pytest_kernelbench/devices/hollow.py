"""Tensors for host code whose kernels are compiled and never run: without contents where they are large.

Nothing that a launch would have written is there, so what host code reads is made up, zeros or ones. Reads are counted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from pytest_kernelbench.devices.stand_in import CPU, StandIn

META = torch.device("meta")

MOST_READS = 10_000
"""Reads after which host code that waits for a result has waited long enough."""

MOST_MADE_UP = 1 << 22
"""Elements of the largest tensor that is made up when it is read whole."""


class EndlessReads(Exception):
    """Host code keeps reading results, which never change."""


class Hollow(StandIn):
    """A stand-in that counts what host code reads, and answers for tensors without contents with `zero` or `one`."""

    def __init__(self, poison: str = "zero", home: torch.device = CPU) -> None:
        super().__init__(poison, home)
        self.reads = 0
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
        if home == META:
            self.answers[torch.Tensor.cuda] = lambda tensor, *args, **kwargs: tensor.to(META)

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        reader = self.readers.get(func)
        if reader is not None:
            self._count()
            if args[0].is_meta:
                return reader(*args, **(kwargs or {}))
        elif func is torch.Tensor.to and args[0].is_meta and _names_cpu(args[1:], kwargs or {}):
            self._count()
            rest = [value for value in args[1:] if not _is_cpu(value)]
            return self._whole(args[0]).to(*rest, **{**(kwargs or {}), "device": CPU})
        return super().__torch_function__(func, types, args, kwargs)

    def _count(self) -> None:
        self.reads += 1
        if self.reads > MOST_READS:
            raise EndlessReads(f"results were read {MOST_READS} times, by host code that waits for something")

    def _scalar(self, tensor: torch.Tensor) -> Any:
        return self._whole(tensor).item()

    def _whole(self, tensor: torch.Tensor) -> torch.Tensor:
        if tensor.numel() > MOST_MADE_UP:
            raise NotImplementedError(f"host code reads a tensor of {tensor.numel()} elements, which has no contents")
        return torch.full(tensor.shape, float(self.poison == "one"), dtype=tensor.dtype, device=CPU)


def _is_cpu(value: Any) -> bool:
    return isinstance(value, (str, torch.device)) and torch.device(value) == CPU


def _names_cpu(args: Any, kwargs: dict[str, Any]) -> bool:
    return any(_is_cpu(value) for value in args) or _is_cpu(kwargs.get("device"))
