"""What Triton's launcher and the driver of a GPU refuse, checked where a launch would otherwise run or be forgotten."""

from __future__ import annotations

import functools
import inspect
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Grid = tuple[int, int, int]
"""Number of programs along x, y and z."""

MAX_INT = (1 << 31) - 1
"""The largest size of a grid that the launcher can pass on."""

DEFAULT_WARPS = 4
"""Warps of a program unless a launch says otherwise."""


class LaunchRefused(RuntimeError):
    """A GPU refuses this launch, or silently leaves it out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchLimits:
    """What one launch on a GPU may ask for."""

    grid: Grid = (MAX_INT, 65_535, 65_535)
    """Largest size of the grid along each axis."""
    threads: int = 1024
    """Maximum threads of a program."""
    warp: int = 32
    """Threads of a warp."""
    work_items: int | None = None
    """Maximum of programs times threads along x, on GPUs that count work-items."""

    @classmethod
    def of(cls, backend: str, warp: int, threads: int) -> LaunchLimits:
        """Return the limits of NVIDIA's driver (`cuda`) or of AMD's (`hip`).

        NVIDIA: CUDA C++ Programming Guide, "Technical Specifications per Compute Capability". AMD: the HIP runtime
        counts work-items along an axis in 32 bits and knows no other limit.
        """
        if backend == "hip":
            return cls(grid=(MAX_INT, MAX_INT, MAX_INT), threads=threads, warp=warp, work_items=(1 << 32) - 1)
        return cls(threads=threads, warp=warp)


NVIDIA = LaunchLimits()
"""The limits of every NVIDIA GPU since 2012."""


def grid_of(grid: Any, function: Any, arguments: Sequence[Any], options: Mapping[str, Any]) -> Grid:
    """Return the size of a grid as Triton's launcher reads it.

    A callable gets the arguments by name, without the options of the launch. Three sizes count, as in the launcher:
    missing ones are 1, further ones are ignored, and each must be an integer of 32 bits.
    """
    if callable(grid):
        signature = _signature(function)
        bound = signature.bind(*arguments, **{name: options[name] for name in options if name in signature.parameters})
        bound.apply_defaults()
        grid = grid(dict(bound.arguments))
    given = len(grid)
    x, y, z = (_int32(grid[axis]) if axis < given else 1 for axis in range(3))
    return x, y, z


@functools.lru_cache(maxsize=256)
def _signature(function: Any) -> inspect.Signature:
    return inspect.signature(function)


def _int32(size: Any) -> int:
    value = operator.index(size)
    if not -MAX_INT - 1 <= value <= MAX_INT:
        raise OverflowError(f"the size {value} of a grid does not fit into 32 bits")
    return value


def check(name: str, grid: Grid, warps: Any, limits: LaunchLimits) -> None:
    """Raise what a GPU with these limits raises at a launch: `LaunchRefused`, or Triton's `OutOfResources`.

    A grid without programs is legal and launches nothing.
    """
    if not isinstance(warps, int) or warps < 1 or warps & (warps - 1):
        raise LaunchRefused(f"num_warps must be a power of 2: {name} is launched with {warps!r}")
    if warps * limits.warp > limits.threads:
        from triton.runtime.errors import OutOfResources

        raise OutOfResources(warps * limits.warp, limits.threads, "threads")
    if empty(grid):
        return
    for axis, size, limit in zip("xyz", grid, limits.grid, strict=True):
        if not 0 < size <= limit:
            raise LaunchRefused(
                f"a GPU refuses to launch {name} on a grid of {grid}: axis {axis} has at most {limit} programs"
            )
    if limits.work_items is not None and grid[0] * warps * limits.warp > limits.work_items:
        raise LaunchRefused(f"a GPU refuses to launch {name} on a grid of {grid}: axis x has too many work-items")
    # Triton's launcher multiplies the three sizes as 32-bit integers and does nothing unless the product is positive.
    if _wrapped(grid[0] * grid[1] * grid[2]) <= 0:
        raise LaunchRefused(
            f"Triton does not launch {name} on a grid of {grid}: the number of programs does not fit into 32 bits"
        )


def empty(grid: Grid) -> bool:
    """Whether Triton's launcher leaves out a launch because its grid has no programs, or a negative number."""
    return grid[0] * grid[1] * grid[2] <= 0


def _wrapped(product: int) -> int:
    """Return a product as an integer of 32 bits has it."""
    return (product + MAX_INT + 1) % (1 << 32) - MAX_INT - 1
