"""Random generators that look like those of CUDA: their state is a seed and an offset, in sixteen bytes.

Kernels read both as the state of their own Philox stream and set the state with the offset advanced. What torch itself
draws comes from a generator of the CPU.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from typing import Any

import torch

STEP = 4
"""How far the offset moves where torch has drawn numbers in between: one block of Philox."""

ORIGINAL: Any = torch.Generator
"""The class of torch, which this module's class replaces."""

WORD = 1 << 64
"""Number of values of a seed."""


@contextlib.contextmanager
def _unseen() -> Iterator[None]:
    """Handle states without stand-in and audit: on a GPU, no operation of torch would do that."""
    with torch._C.DisableTorchFunction(), torch._C._DisableTorchDispatch():
        yield


class Generator(ORIGINAL):  # type: ignore[misc]
    """A random generator on the CPU; one that is requested for a GPU says that it is there."""

    source: Any
    """The generator from which torch draws: this one itself, or torch's default generator."""

    def __new__(cls, device: Any = "cpu", source: Any = None) -> Any:
        """`source` is another generator of the CPU from which torch draws, for one on a GPU."""
        made = super().__new__(cls, device="cpu")
        made.on_gpu = torch.device(device).type == "cuda"
        made.source, made._offset, made._known = source, 0, {}
        made._seen = made._bytes()
        return made

    @property
    def device(self) -> torch.device:
        """The device that it was requested for."""
        return torch.device("cuda", 0) if self.on_gpu else torch.device("cpu")

    def manual_seed(self, seed: int) -> Any:
        """Begin the stream of a seed."""
        self._of_source("manual_seed", seed)
        self._begin(0)
        return self

    def seed(self) -> int:
        """Begin the stream of a seed that nobody chose, and return that."""
        seed = int(self._of_source("seed"))
        self._begin(0)
        return seed

    def initial_seed(self) -> int:
        """Return the seed of the stream."""
        return int(self._of_source("initial_seed"))

    def get_state(self) -> torch.Tensor:
        """Return the seed and the offset as bytes."""
        with _unseen():
            if not self.on_gpu:
                state: torch.Tensor = super().get_state()
                return state
            key = self.initial_seed() % WORD, self._position()
            self._known[key] = self._of_source("get_state")
            words = [each - WORD if each >= WORD // 2 else each for each in key]
            return torch.tensor(words, dtype=torch.int64).view(torch.uint8)

    def set_state(self, new_state: torch.Tensor) -> Any:
        """Go to a seed and an offset; what torch draws from there is the same each time."""
        with _unseen():
            if not self.on_gpu:
                super().set_state(new_state)
                return self
            if new_state.dtype != torch.uint8 or new_state.numel() != 16:
                raise RuntimeError("RNG state is wrong size")
            seed, offset = (int(each) % WORD for each in new_state.contiguous().view(torch.int64).tolist())
            self._go(seed, offset)
            return self

    def get_offset(self) -> int:
        """Return the offset."""
        return self._position()

    def set_offset(self, offset: int) -> None:
        """Go to another offset of the same stream."""
        if offset % STEP:
            raise RuntimeError("offset must be a multiple of 4")
        with _unseen():
            self._go(self.initial_seed() % WORD, offset)

    def _go(self, seed: int, offset: int) -> None:
        self._of_source("manual_seed", seed)
        if (seed, offset) in self._known:
            self._of_source("set_state", self._known[seed, offset])
        elif offset:
            mixed = ORIGINAL().manual_seed(int.from_bytes(hashlib.sha256(f"{seed} {offset}".encode()).digest()[:7]))
            state, own = mixed.get_state(), self._of_source("get_state")
            state[:8] = own[:8]  # the initial seed
            self._of_source("set_state", state)
        self._begin(offset)

    def _begin(self, offset: int) -> None:
        self._offset, self._seen = offset, self._bytes()

    def _position(self) -> int:
        """Return the offset, which moves if torch has drawn numbers since the last look."""
        now = self._bytes()
        if now != self._seen:
            self._offset, self._seen = self._offset + STEP, now
        return self._offset

    def _bytes(self) -> bytes:
        with _unseen():
            return bytes(self._of_source("get_state").numpy())

    def _of_source(self, name: str, *args: Any) -> Any:
        return getattr(super() if self.source is None else self.source, name)(*args)


def drawn_from(value: Any) -> Any:
    """Return the generator of the CPU behind one of a GPU, and any other value itself."""
    return value.source if type(value) is Generator and value.source is not None else value


def default_generator() -> Generator:
    """Return the default generator of the GPU, from which torch draws as from that of the CPU."""
    made: Generator = Generator("cuda", torch.default_generator)
    return made
