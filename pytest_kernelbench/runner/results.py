"""Describe the result of a call to the judge: outputs, arguments after the call, and the bytes of both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import torch

from pytest_kernelbench.wire import protocol
from pytest_kernelbench.wire.materialize import Arguments, GuardedTensor

Part = TypeVar("Part", bytes, torch.Tensor)
"""The contents of a tensor: its bytes, or a tensor of them on its device."""

MAX_KEPT = 1 << 18
"""Elements of the largest tensor that is kept until the next call."""


class LastResult:
    """Keeps the last result, to detect a kernel that returns memory which a later call overwrites."""

    def __init__(self) -> None:
        self._last: list[tuple[torch.Tensor, bytes]] = []

    def changed(self) -> bool:
        """Whether the contents of the last result have changed since it was kept."""
        return any(contents(tensor) != block for tensor, block in self._last)

    def keep(self, result: Any) -> None:
        """Replace the last result."""
        self._last = [(tensor, contents(tensor)) for tensor in readable(result) if tensor.numel() < MAX_KEPT]


def described(result: Any, arguments: Arguments, max_bytes: int) -> tuple[dict[str, Any], list[bytes]]:
    """Return the header of a response to a call and the parts of its body: outputs, then the memory of all arguments.

    See `held`.
    """
    return held(result, arguments, max_bytes, contents, GuardedTensor.snapshot)


def held(
    result: Any,
    arguments: Arguments,
    max_bytes: int,
    take: Callable[[torch.Tensor], Part],
    snapshot: Callable[[GuardedTensor], Part],
) -> tuple[dict[str, Any], list[Part]]:
    """Return the header of a response to a call, and what `take` and `snapshot` make of the outputs and the arguments.

    Outputs beyond `max_bytes` bytes together are described without their contents. The header also has neutral values
    of everything that a call may report beside its result.
    """
    parts: list[Part]
    outputs, parts = _outputs(result, arguments, max_bytes, take)
    memory: list[Part] = [snapshot(guarded) for guarded in arguments.tensors]
    header = {
        "status": "ok",
        "outputs": outputs,
        "memory": [len(block) for block in memory],
        "metadata": [[list(each.tensor.shape), list(each.tensor.stride())] for each in arguments.tensors],
        "overwritten": False,
        "unready": False,
        "seconds": 0.0,
        "counts": {},
        "operations": {},
        "violations": [],
    }
    return header, parts + memory


def readable(result: Any) -> list[torch.Tensor]:
    """Return the tensors of a result whose elements can be read."""
    return [leaf for leaf in _flatten(result) if type(leaf) is torch.Tensor and leaf.layout == torch.strided]


def contents(tensor: torch.Tensor) -> bytes:
    """Return the elements of a strided tensor as bytes, in row-major order."""
    # Always a copy: a tensor of one element is contiguous whatever its strides, and then cannot be viewed as bytes.
    dense = tensor.detach().resolve_conj().resolve_neg().cpu().clone(memory_format=torch.contiguous_format)
    return bytes(dense.reshape(-1).view(torch.uint8).numpy().tobytes()) if dense.numel() else b""


def copied(tensor: torch.Tensor) -> torch.Tensor:
    """Return the bytes of `contents` as a tensor on the device."""
    dense = tensor.detach().resolve_conj().resolve_neg().clone(memory_format=torch.contiguous_format)
    return dense.reshape(-1).view(torch.uint8) if dense.numel() else torch.empty(0, dtype=torch.uint8)


def _outputs(
    result: Any, arguments: Arguments, max_bytes: int, take: Callable[[torch.Tensor], Part]
) -> tuple[list[dict[str, Any]], list[Part]]:
    """Describe every output, and return what `take` makes of the plain tensors among them, as `max_bytes` allows."""
    entries: list[dict[str, Any]] = []
    parts: list[Part] = []
    for value in _flatten(result)[: protocol.MAX_OUTPUTS]:
        if type(value) not in (torch.Tensor, torch.nn.Parameter):
            kind, derived = type(value).__name__, isinstance(value, torch.Tensor)
            entries.append({"class": kind, "subclass": derived, "value": repr(value)[: protocol.MAX_LINE]})
            continue
        size = value.numel() * value.element_size()
        entry: dict[str, Any] = {
            "class": "Tensor",
            "dtype": str(value.dtype).removeprefix("torch."),
            "shape": list(value.shape),
            "layout": str(value.layout).removeprefix("torch."),
            "device": value.device.type,
            "requires_grad": bool(value.requires_grad),
            **_alias(value, arguments),
        }
        max_bytes -= size
        if max_bytes < 0 or value.layout != torch.strided:
            entries.append({**entry, "bytes": 0, "omitted": True})
            continue
        block = take(value)
        entries.append({**entry, "bytes": len(block)})
        parts.append(block)
    return entries, parts


def _flatten(result: Any) -> list[Any]:
    if isinstance(result, (tuple, list)):
        return [leaf for item in result for leaf in _flatten(item)]
    return [result]


def _alias(value: torch.Tensor, arguments: Arguments) -> dict[str, Any]:
    """Return the path of the argument whose memory an output shares, and whether the output is that very tensor."""
    if value.layout != torch.strided:  # such a tensor has no storage of its own
        return {"alias": None, "same": False}
    pointer = value.untyped_storage().data_ptr()
    for guarded in arguments.tensors:
        argument = guarded.tensor
        if value.numel() and guarded.holds(pointer):
            same = value.data_ptr() == argument.data_ptr() and value.stride() == argument.stride()
            return {"alias": guarded.path, "same": same and value.shape == argument.shape}
        if value is argument:
            return {"alias": guarded.path, "same": True}
    return {"alias": None, "same": False}
