"""Make the tensors of a case from its recipes: bitwise equal in judge and runner, each between guard bands."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.model.case import ITEMSIZE, Case, DType, Generator, Tensor, leaves
from pytest_kernelbench.wire import far
from pytest_kernelbench.wire.contents import contents

if TYPE_CHECKING:
    import torch

GUARD = 256
"""Bytes of the guard band before and after the storage of each tensor; a multiple of every alignment in use."""

GUARD_BYTE = 0xA5
"""Value of every byte of a guard band."""

GUARD_BANDS = (slice(0, GUARD), slice(-GUARD, None))
"""The guard bands among all bytes of a tensor."""


@dataclass(slots=True)
class GuardedTensor:
    """A tensor argument together with its memory and the guard bands around it."""

    path: str
    """Name of the argument, with indices for a tensor in a list: `params[0]`."""
    recipe: Tensor
    tensor: torch.Tensor
    memory: torch.Tensor
    """All bytes (uint8) on the device of the tensor: guard band, storage, guard band."""
    rows: torch.Tensor | None = None
    """A second tensor over the same elements, where most of the memory is not in use: see `wire.far`."""

    def snapshot(self) -> bytes:
        """Return a copy of all bytes in use, guard bands included, as if the tensor had no gaps."""
        if self.rows is None:
            return bytes(self.memory.cpu().numpy().tobytes())
        elements = self.rows.cpu().contiguous().reshape(-1).view(torch_dtype("uint8"))
        bands = (self.memory[part].cpu().numpy().tobytes() for part in GUARD_BANDS)
        return bytes(elements.numpy().tobytes()).join(bands)

    def copied(self) -> torch.Tensor:
        """Return the bytes of `snapshot` as a tensor on the device."""
        if self.rows is None:
            return self.memory.clone()
        import torch

        elements = self.rows.contiguous().reshape(-1).view(torch_dtype("uint8"))
        first, last = (self.memory[part] for part in GUARD_BANDS)
        return torch.cat([first, elements, last])

    def overwrite(self, block: torch.Tensor) -> None:
        """Replace all bytes in use by those of a tensor, in the form of `snapshot`."""
        if self.rows is None:
            self.memory.copy_(block)
            return
        self.rows.copy_(block[GUARD:-GUARD].view(self.rows.dtype).reshape(self.rows.shape))
        for part in GUARD_BANDS:
            self.memory[part].copy_(block[part])

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
    drawn_on: str | None = None
    """The device whose generator drew the large tensors; None for the CPU."""

    def passed(self, out_is: str | None) -> Mapping[str, Any]:
        """Return the values as they are passed in a call; `out_is` is the path of the tensor that `out` is, too."""
        if out_is is None:
            return self.values
        return {**self.values, "out": next(each.tensor for each in self.tensors if each.path == out_is)}


def materialize(
    case: Case, device: str | None = None, drawn_on: str | None = None, generators: str | None = None
) -> Arguments:
    """Make every tensor of the case in its layout and between guard bands, on the CPU or on another device.

    For a `device`, memory is made on the CPU and copied byte for byte. `drawn_on` is the device that draws large ones,
    `generators` that of random generators among the arguments, where it is another one than that of tensors.
    """
    tensors: list[GuardedTensor] = []

    def make(path: str, recipe: Tensor) -> torch.Tensor:
        guarded = _make(path, recipe, drawn_on)
        tensors.append(guarded if device is None else _copied(guarded, device))
        return tensors[-1].tensor

    return Arguments(values_of(case, make, generators or device), tensors, drawn_on)


def values_of(case: Case, make: Callable[[str, Tensor], Any], device: str | None = None) -> dict[str, Any]:
    """Return the arguments of a case by name, with `make(path, recipe)` in place of each tensor.

    Random generators are those of the `device`, since PyTorch takes no other ones for tensors there.
    """
    return {name: _value(name, value, make, device or "cpu") for name, value in case.arguments.items()}


def refill(arguments: Arguments, case: Case) -> None:
    """Overwrite the tensors with the contents of another case whose shapes are equal.

    Addresses and version counters of the tensors do not change, so a kernel cannot see that the contents are new.
    """
    for guarded, new in zip(arguments.tensors, contents_of(arguments, case), strict=True):
        guarded.overwrite(new)


def contents_of(arguments: Arguments, case: Case) -> list[torch.Tensor]:
    """Return the bytes of each tensor in another case of equal shapes, as `GuardedTensor.overwrite` takes them."""
    return [
        _make(path, far.compact(recipe), arguments.drawn_on).memory.to(guarded.memory.device)
        for guarded, (path, recipe) in zip(arguments.tensors, leaves(case), strict=True)
    ]


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
    puts dimension 1 innermost, `far` and `far_last` are in `wire.far`. A layout that is impossible for the shape means
    `contiguous`.
    """
    shape, layout, rank = recipe.shape, recipe.layout, len(recipe.shape)
    order = list(range(rank))
    if layout == "transposed" and rank >= 2:
        order[-1], order[-2] = order[-2], order[-1]
    if layout == "channels_last" and rank >= 3:
        order = [0, *range(2, rank), 1]
    if (distant := far.axis_of(recipe)) is not None:
        order = [distant, *(axis for axis in range(rank) if axis != distant)]
    step = 2 if layout == "strided" and rank else 1
    strides = [0] * rank
    for axis in reversed(order):
        strides[axis] = step
        step *= max(1, shape[axis])
    if distant is not None:
        strides[distant] = far.stride_of(recipe, distant)
        step = (shape[distant] - 1) * strides[distant] + recipe.numel // shape[distant]
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


def _value(path: str, value: Any, make: Callable[[str, Tensor], Any], device: str) -> Any:
    if isinstance(value, Tensor):
        return make(path, value)
    if isinstance(value, DType):
        return torch_dtype(value.name)
    if isinstance(value, Generator):
        import torch

        return torch.Generator(device).manual_seed(value.seed)
    if isinstance(value, (tuple, list)):
        return type(value)(_value(f"{path}[{index}]", item, make, device) for index, item in enumerate(value))
    return value


def _make(path: str, recipe: Tensor, drawn_on: str | None = None) -> GuardedTensor:
    import torch

    if far.axis_of(recipe) is not None:
        return _make_far(path, recipe)
    elements = geometry(recipe)[0]
    size = elements * ITEMSIZE[recipe.dtype]
    memory = bytearray([GUARD_BYTE]) * (size + 2 * GUARD)
    storage = torch.frombuffer(memory, dtype=torch_dtype(recipe.dtype), count=elements, offset=GUARD)
    storage.zero_()
    tensor = _laid_out(storage, recipe)
    values = contents(path, recipe, drawn_on)
    if recipe.layout == "expanded" and recipe.shape and recipe.shape[0]:
        tensor[:1].copy_(values[:1])
    else:
        tensor.copy_(values)
    # A second tensor over the same bytes: writes through it do not change the version counter of the first.
    return GuardedTensor(path, recipe, tensor, torch.frombuffer(memory, dtype=torch.uint8))


def _make_far(path: str, recipe: Tensor) -> GuardedTensor:
    """Make a tensor whose rows lie far apart; the guard bands are before the first row and after the last one."""
    import torch

    elements = geometry(recipe)[0]
    memory = far.mapped(elements * ITEMSIZE[recipe.dtype] + 2 * GUARD)
    tensor, rows = (
        _laid_out(torch.frombuffer(memory, dtype=torch_dtype(recipe.dtype), count=elements, offset=GUARD), recipe)
        for _ in range(2)
    )
    whole = torch.frombuffer(memory, dtype=torch.uint8)
    for part in GUARD_BANDS:
        whole[part].fill_(GUARD_BYTE)
    tensor.copy_(contents(path, recipe))
    return GuardedTensor(path, recipe, tensor, whole, rows)


def _laid_out(storage: torch.Tensor, recipe: Tensor) -> torch.Tensor:
    _, strides, offset = geometry(recipe)
    return storage.as_strided(recipe.shape, strides, offset)


def _copied(guarded: GuardedTensor, device: str) -> GuardedTensor:
    """Return a copy of all bytes on a device, with a tensor whose storage ends at the guard bands."""
    memory = guarded.memory.to(device, copy=True) if guarded.rows is None else _reserved(guarded, device)
    storage = _between_guards(memory).view(guarded.tensor.dtype)
    copied = GuardedTensor(guarded.path, guarded.recipe, _laid_out(storage, guarded.recipe), memory)
    if guarded.rows is not None:
        copied.rows = _laid_out(_between_guards(memory).view(guarded.tensor.dtype), guarded.recipe)
        copied.rows.copy_(guarded.rows)
    return copied


def _reserved(guarded: GuardedTensor, device: str) -> torch.Tensor:
    """Return memory on a device of which only the guard bands have contents."""
    import torch

    memory = torch.empty(guarded.memory.shape, dtype=torch.uint8, device=device)
    for part in GUARD_BANDS:
        memory[part].copy_(guarded.memory[part])
    return memory


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
