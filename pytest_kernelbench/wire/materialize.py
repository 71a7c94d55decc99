"""Make the tensors of a case from its recipes: bitwise equal in judge and runner, each between guard bands."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.model.case import ITEMSIZE, Case, DType, Tensor, leaves, parse_fill
from pytest_kernelbench.wire import edits
from pytest_kernelbench.wire.fills import fill, generator, quantise

if TYPE_CHECKING:
    import torch

GUARD = 256
"""Bytes of the guard band before and after the storage of each tensor; a multiple of every alignment in use."""

GUARD_BYTE = 0xA5
"""Value of every byte of a guard band."""


@dataclass(slots=True)
class GuardedTensor:
    """A tensor argument together with its memory and the guard bands around it."""

    path: str
    """Name of the argument, with indices for a tensor in a list: `params[0]`."""
    recipe: Tensor
    tensor: torch.Tensor
    memory: torch.Tensor
    """All bytes as a uint8 tensor on the device of the tensor: guard band, storage, guard band."""

    def snapshot(self) -> bytes:
        """Return a copy of all bytes, guard bands included."""
        return bytes(self.memory.cpu().numpy().tobytes())

    def holds(self, pointer: int) -> bool:
        """Whether an address lies in this memory, guard bands included."""
        start = self.memory.data_ptr()
        return start <= pointer < start + self.memory.numel()


@dataclass(slots=True)
class Arguments:
    """The arguments of a case."""

    values: Mapping[str, Any]
    """Values by name, as the kernel gets them."""
    tensors: list[GuardedTensor] = field(default_factory=list)
    """Every tensor among the values, in the order of `model.case.leaves`."""


def materialize(case: Case, device: str | None = None) -> Arguments:
    """Make every tensor of the case in its layout and between guard bands, on the CPU or on another device.

    For a `device`, the tensors are made on the CPU and their memory is copied to it byte for byte.
    """
    tensors: list[GuardedTensor] = []

    def make(path: str, recipe: Tensor) -> torch.Tensor:
        guarded = _make(path, recipe)
        tensors.append(guarded if device is None else _copied(guarded, device))
        return tensors[-1].tensor

    return Arguments(values_of(case, make), tensors)


def values_of(case: Case, make: Callable[[str, Tensor], Any]) -> dict[str, Any]:
    """Return the arguments of a case by name, with `make(path, recipe)` in place of each tensor."""
    return {name: _value(name, value, make) for name, value in case.arguments.items()}


INDEPENDENT = ("normal", "uniform", "integers")
"""Fills that draw their elements independently, so that one element can be drawn again."""


def refill(arguments: Arguments, case: Case) -> None:
    """Overwrite the tensors with the contents of another case whose shapes are equal.

    Addresses and version counters of the tensors do not change, so a kernel cannot see that the contents are new.
    """
    for guarded, (path, recipe) in zip(arguments.tensors, leaves(case), strict=True):
        guarded.memory.copy_(_make(path, recipe).memory)


@contextlib.contextmanager
def onednn_where_sound(case: Case) -> Iterator[None]:
    """Disable oneDNN unless all tensors of the case are contiguous.

    Its convolutions have crashed on unusual strides. On contiguous tensors it stays on, because that is what users run.
    """
    import torch

    contiguous = all(recipe.layout == "contiguous" for _, recipe in leaves(case))
    onednn: Any = torch.backends.mkldnn
    before, *_ = onednn.set_flags(contiguous)
    try:
        yield
    finally:
        onednn.set_flags(before)


def geometry(recipe: Tensor) -> tuple[int, tuple[int, ...], int]:
    """Return the size of the storage, the strides and the offset of a recipe's layout, all in elements.

    `transposed` swaps the last two dimensions in memory, `strided` takes every other element of the last dimension,
    `offset` starts 3 elements into its storage, `expanded` repeats the first dimension with stride 0, `channels_last`
    puts dimension 1 innermost. A layout that is impossible for the shape means `contiguous`.
    """
    shape, layout, rank = recipe.shape, recipe.layout, len(recipe.shape)
    order = list(range(rank))
    if layout == "transposed" and rank >= 2:
        order[-1], order[-2] = order[-2], order[-1]
    if layout == "channels_last" and rank >= 3:
        order = [0, *range(2, rank), 1]
    step = 2 if layout == "strided" and rank else 1
    strides = [0] * rank
    for axis in reversed(order):
        strides[axis] = step
        step *= max(1, shape[axis])
    if layout == "expanded" and rank:
        step //= max(1, shape[0])
        strides[0] = 0
    offset = 3 if layout == "offset" else 0
    return offset + max(1, step), tuple(strides), offset


def torch_dtype(name: str) -> torch.dtype:
    """Return the torch dtype of this name."""
    import torch

    dtype: torch.dtype = getattr(torch, name)
    return dtype


def _value(path: str, value: Any, make: Callable[[str, Tensor], Any]) -> Any:
    if isinstance(value, Tensor):
        return make(path, value)
    if isinstance(value, DType):
        return torch_dtype(value.name)
    if isinstance(value, (tuple, list)):
        return type(value)(_value(f"{path}[{index}]", item, make) for index, item in enumerate(value))
    return value


def _make(path: str, recipe: Tensor) -> GuardedTensor:
    import torch

    elements = geometry(recipe)[0]
    size = elements * ITEMSIZE[recipe.dtype]
    memory = bytearray([GUARD_BYTE]) * (size + 2 * GUARD)
    storage = torch.frombuffer(memory, dtype=torch_dtype(recipe.dtype), count=elements, offset=GUARD)
    storage.zero_()
    tensor = _laid_out(storage, recipe)
    values = _values(path, recipe)
    if recipe.layout == "expanded" and recipe.shape and recipe.shape[0]:
        tensor[:1].copy_(values[:1])
    else:
        tensor.copy_(values)
    # A second tensor over the same bytes: writes through it do not change the version counter of the first.
    return GuardedTensor(path, recipe, tensor, torch.frombuffer(memory, dtype=torch.uint8))


def _laid_out(storage: torch.Tensor, recipe: Tensor) -> torch.Tensor:
    _, strides, offset = geometry(recipe)
    return storage.as_strided(recipe.shape, strides, offset)


def _copied(guarded: GuardedTensor, device: str) -> GuardedTensor:
    """Return a copy of all bytes on a device, with a tensor whose storage ends at the guard bands."""
    memory = guarded.memory.to(device, copy=True)
    storage = _between_guards(memory).view(guarded.tensor.dtype)
    return GuardedTensor(guarded.path, guarded.recipe, _laid_out(storage, guarded.recipe), memory)


def _between_guards(memory: torch.Tensor) -> torch.Tensor:
    """Return the bytes between the guard bands as a tensor whose storage has exactly that size, unlike a slice."""
    import torch

    size = memory.numel() - 2 * GUARD
    if memory.device.type == "cpu":
        return torch.frombuffer(memory.numpy(), dtype=torch.uint8, count=size, offset=GUARD)
    return torch.as_tensor(_Window(memory, GUARD, size), device=memory.device)


class _Window:
    """A range of bytes of a GPU tensor behind the CUDA array interface (version 2); it keeps the tensor alive."""

    def __init__(self, owner: torch.Tensor, start: int, size: int) -> None:
        self.owner = owner
        self.__cuda_array_interface__ = {
            "shape": (size,),
            "typestr": "|u1",
            "data": (owner.data_ptr() + start, False),
            "version": 2,
        }


def _values(path: str, recipe: Tensor) -> torch.Tensor:
    import numpy as np
    import torch

    name, arguments = parse_fill(recipe.fill)
    rng = generator(recipe.seed, path)
    drawn = fill(name, arguments, recipe.shape, recipe.dtype, rng)
    if recipe.edited == 1 and name in INDEPENDENT and drawn.size:
        index = drawn.size // 4 + int(rng.integers(max(1, drawn.size // 2)))
        drawn.flat[index] = fill(name, arguments, recipe.shape, recipe.dtype, rng).flat[index]
    values = np.asarray(quantise(drawn, recipe.dtype))
    tensor = torch.from_numpy(values)
    if recipe.dtype.startswith("complex") and not tensor.is_complex():
        tensor = torch.complex(tensor, torch.from_numpy(fill(name, arguments, recipe.shape, recipe.dtype, rng)))
    contents = tensor.to(torch_dtype(recipe.dtype)).reshape(recipe.shape)
    return edits.apply(contents, path, recipe) if recipe.edited > 1 else contents
