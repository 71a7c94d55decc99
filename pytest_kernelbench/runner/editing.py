"""Change the contents of input sets between two uses, so that nothing that a kernel has seen comes again."""

from __future__ import annotations

from typing import Any

import torch

from pytest_kernelbench.wire.edits import changes, packed, unpacked
from pytest_kernelbench.wire.materialize import GUARD, Arguments, GuardedTensor, geometry


class Editor:
    """The edits of one input set: at most one at a time, and each starts from the original contents."""

    def __init__(self, arguments: Arguments) -> None:
        self._tensors = [_Memory(guarded) for guarded in arguments.tensors]

    def edit(self, number: int) -> None:
        """Take back the last edit and make the one with this number; 0 makes none."""
        for memory in self._tensors:
            memory.restore()
            if number:
                memory.edit(number)

    def forget(self) -> None:
        """Take the contents as they are for the original ones: they have been overwritten."""
        for memory in self._tensors:
            memory.before.clear()


class _Memory:
    """The memory of one tensor."""

    def __init__(self, guarded: GuardedTensor) -> None:
        self.guarded = guarded
        self.before: list[tuple[int, bytes]] = []
        """Offsets and bytes that the last edit has replaced."""
        _, self._strides, self._offset = geometry(guarded.recipe)
        self._size = guarded.tensor.element_size()
        memory = guarded.memory
        # Writing through a view of the bytes takes a fraction of what a call of torch takes.
        self._bytes = memoryview(memory.numpy()) if memory.device.type == "cpu" else None  # type: ignore[arg-type]

    def edit(self, number: int) -> None:
        recipe = self.guarded.recipe
        for index, value in changes(self.guarded.path, recipe, number, self._element):
            place = self._place(index)
            self.before.append((place, self._read(place)))
            self._write(place, packed(value, recipe.dtype))

    def restore(self) -> None:
        while self.before:
            self._write(*self.before.pop())

    def _place(self, index: int) -> int:
        """Return the offset in the memory of an element of the contiguous contents."""
        place = self._offset
        for size, stride in zip(reversed(self.guarded.recipe.shape), reversed(self._strides), strict=True):
            index, rest = divmod(index, size)
            place += rest * stride
        return GUARD + place * self._size

    def _element(self, index: int) -> Any:
        return unpacked(self._read(self._place(index)), self.guarded.recipe.dtype)

    def _read(self, place: int) -> bytes:
        if self._bytes is not None:
            return bytes(self._bytes[place : place + self._size])
        return bytes(self.guarded.memory[place : place + self._size].cpu().numpy().tobytes())

    def _write(self, place: int, data: bytes) -> None:
        if self._bytes is not None:
            self._bytes[place : place + self._size] = data
        else:
            self.guarded.memory[place : place + self._size].copy_(torch.frombuffer(bytearray(data), dtype=torch.uint8))
