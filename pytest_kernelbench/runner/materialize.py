"""From a recipe to tensors: the same bits in the judge and in the runner, each tensor between guard bands."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.model.case import ITEMSIZE, Case, DType, Tensor, parse_fill
from pytest_kernelbench.runner.fills import fill, generator, quantise

if TYPE_CHECKING:
    import torch

GUARD = 256
"""Bytes before and after each tensor's storage that nothing may write; a multiple of every alignment in use."""

GUARD_BYTE = 0xA5


@dataclass(slots=True)
class Made:
    """One tensor with the memory it lies in."""

    path: str
    recipe: Tensor
    tensor: torch.Tensor
    memory: torch.Tensor
    """All bytes, in the place where the tensor is: guard, storage, guard."""

    def snapshot(self) -> bytes:
        """Return a copy of all bytes."""
        return bytes(self.memory.cpu().numpy().tobytes())

    def holds(self, pointer: int) -> bool:
        """Whether an address lies in the memory."""
        start = self.memory.data_ptr()
        return start <= pointer < start + self.memory.numel()


@dataclass(slots=True)
class Arguments:
    """The arguments of a case: values by name, and every tensor among them with its memory."""

    values: Mapping[str, Any]
    made: list[Made] = field(default_factory=list)


def materialize(case: Case, device: str | None = None) -> Arguments:
    """Make every tensor of the case between guard bands, in its layout, on the CPU.

    With a `device`, memory and guards are copied there byte for byte, and the tensors lie in that copy.
    """
    made: list[Made] = []

    def make(path: str, recipe: Tensor) -> torch.Tensor:
        one = _make(path, recipe)
        made.append(one if device is None else _moved(one, device))
        return made[-1].tensor

    return Arguments(values_of(case, make), made)


def values_of(case: Case, make: Callable[[str, Tensor], Any]) -> dict[str, Any]:
    """Return the arguments of a case by name, each tensor as `make` makes it of its path and recipe."""
    return {name: _value(name, value, make) for name, value in case.arguments.items()}


BY_THEMSELVES = ("normal", "uniform", "integers")
"""Fills that draw each element by itself, so that one can be drawn anew and the whole is as it should be."""


def refill(arguments: Arguments, case: Case) -> None:
    """Write the contents of another case with equal shapes into the same memory, unseen by version counters."""
    for made, (path, recipe) in zip(arguments.made, _recipes(case), strict=True):
        made.memory.copy_(_make(path, recipe).memory)


@contextlib.contextmanager
def onednn_where_sound(case: Case) -> Iterator[None]:
    """Have torch use oneDNN on contiguous tensors alone.

    On unusual strides its convolutions have ended the process; on plain ones it is what people run.
    """
    import torch

    plain = all(recipe.layout == "contiguous" for _, recipe in _recipes(case))
    onednn: Any = torch.backends.mkldnn
    before, *_ = onednn.set_flags(plain)
    try:
        yield
    finally:
        onednn.set_flags(before)


def geometry(recipe: Tensor) -> tuple[int, tuple[int, ...], int]:
    """Return elements of the storage, strides in elements, and offset in elements of a recipe's layout.

    `transposed` swaps the last two dimensions in memory, `strided` takes every other element of the last dimension,
    `offset` starts 3 elements into its storage, `expanded` repeats the first dimension with stride 0, `channels_last`
    puts dimension 1 innermost. A layout that a shape cannot have is `contiguous`.
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
    """Return the dtype of that name."""
    import torch

    dtype: torch.dtype = getattr(torch, name)
    return dtype


def _recipes(case: Case) -> Iterator[tuple[str, Tensor]]:
    from pytest_kernelbench.model.case import leaves

    return leaves(case)


def _value(path: str, value: Any, make: Callable[[str, Tensor], Any]) -> Any:
    if isinstance(value, Tensor):
        return make(path, value)
    if isinstance(value, DType):
        return torch_dtype(value.name)
    if isinstance(value, (tuple, list)):
        return type(value)(_value(f"{path}[{index}]", item, make) for index, item in enumerate(value))
    return value


def _make(path: str, recipe: Tensor) -> Made:
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
    # A tensor of its own over the same bytes: what is written through it moves no version counter of the other.
    return Made(path, recipe, tensor, torch.frombuffer(memory, dtype=torch.uint8))


def _laid_out(storage: torch.Tensor, recipe: Tensor) -> torch.Tensor:
    _, strides, offset = geometry(recipe)
    return storage.as_strided(recipe.shape, strides, offset)


def _moved(made: Made, device: str) -> Made:
    """Return the same bytes on a device, with the tensor in an own storage between the guards."""
    memory = made.memory.to(device, copy=True)
    storage = _between_guards(memory).view(made.tensor.dtype)
    return Made(made.path, made.recipe, _laid_out(storage, made.recipe), memory)


def _between_guards(memory: torch.Tensor) -> torch.Tensor:
    """Return the bytes between the guards as a tensor whose storage begins and ends there: a slice's would not."""
    import torch

    size = memory.numel() - 2 * GUARD
    if memory.device.type == "cpu":
        return torch.frombuffer(memory.numpy(), dtype=torch.uint8, count=size, offset=GUARD)
    return torch.as_tensor(_Window(memory, GUARD, size), device=memory.device)


class _Window:
    """Some bytes of a tensor on a GPU, for whoever reads the CUDA array interface (version 2); keeps the tensor."""

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
    if recipe.edited and name in BY_THEMSELVES and drawn.size:
        index = drawn.size // 4 + int(rng.integers(max(1, drawn.size // 2)))
        drawn.flat[index] = fill(name, arguments, recipe.shape, recipe.dtype, rng).flat[index]
    values = np.asarray(quantise(drawn, recipe.dtype))
    tensor = torch.from_numpy(values)
    if recipe.dtype.startswith("complex") and not tensor.is_complex():
        tensor = torch.complex(tensor, torch.from_numpy(fill(name, arguments, recipe.shape, recipe.dtype, rng)))
    return tensor.to(torch_dtype(recipe.dtype)).reshape(recipe.shape)


def bytes_of(shape: tuple[int, ...], dtype: str) -> int:
    """Bytes of a dense tensor of this shape and dtype."""
    return math.prod(shape) * ITEMSIZE[dtype]
