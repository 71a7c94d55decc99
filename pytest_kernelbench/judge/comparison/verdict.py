"""The verdict of a comparison: a grade for a right result, or the mismatch of a wrong one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Mismatch:
    """What is wrong with a result."""

    status: str
    """One of `model.record.STATUSES`."""
    message: str
    """Text for the user: the worst element, or the part of the structure that differs."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of one comparison: exactly one of `grade` and `mismatch` is set."""

    grade: str | None
    """`ieee` or `tf32` for a right result, else None."""
    mismatch: Mismatch | None = None
    """What is wrong, or None for a right result."""


def wrong(message: str, status: str = "wrong_values") -> Verdict:
    """Return the verdict on a wrong result."""
    return Verdict(None, Mismatch(status, message))


def widen(value: torch.Tensor) -> torch.Tensor:
    """Return the values as float64, or as complex128 for a complex tensor."""
    import torch

    return value.to(torch.complex128 if value.is_complex() else torch.float64)
