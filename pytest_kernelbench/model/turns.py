"""Who may use a device at the same time as others: what judges need of the lock of a device."""

from __future__ import annotations

import contextlib
from contextlib import AbstractContextManager
from typing import Protocol


class Turns(Protocol):
    """Two ways to use a device; the contexts wait until the device may be used so."""

    def alone(self) -> AbstractContextManager[object]:
        """Return a context in which nobody else uses the device: for timing."""
        ...

    def beside(self) -> AbstractContextManager[object]:
        """Return a context in which others may use the device, but nobody is alone on it: for everything else."""
        ...


class Undivided:
    """The turns on a device that needs no lock, or that the caller has locked for all of them."""

    def alone(self) -> AbstractContextManager[object]:
        """Return a context that does nothing."""
        return contextlib.nullcontext()

    beside = alone


UNDIVIDED = Undivided()
"""The turns where nobody else uses the device."""
