"""Tensors whose rows lie so far apart that 32 bits cannot count the elements between them, in memory of a few pages.

The memory between the rows is mapped and never touched, so that Linux commits no page of it. Only the rows and the
guard bands around them are filled, compared and sent; the judge knows such a tensor in its compact form alone.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import mmap
import resource
import weakref
from dataclasses import replace

from pytest_kernelbench.model.case import FAR_LAYOUTS, ITEMSIZE, Case, Tensor, map_tensors

ELEMENTS = 1 << 31
"""Elements between the first and the last row: the smallest number that int32 cannot represent."""

ROWS = 3
"""Smallest number of rows: of two rows, the stride itself would not fit into 32 bits, and kernels get it as int64."""

LARGEST_ITEM = 4
"""Bytes of the largest element; a tensor of these takes 8 GiB of addresses."""

RESERVE = 3 * (ELEMENTS * LARGEST_ITEM + (1 << 30))
"""Bytes of addresses for three such tensors: results of earlier calls may share their memory for some time."""

NO_RESERVE = getattr(mmap, "MAP_NORESERVE", 0x4000)
"""Flag of `mmap` for memory that is not counted before it is touched."""


def axis_of(recipe: Tensor) -> int | None:
    """Return the axis whose steps are far: the first one with enough rows, or the last one; None if that is impossible.

    `far` is about the first axis, `far_last` about the last one.
    """
    rank = len(recipe.shape)
    if recipe.layout not in FAR_LAYOUTS or rank < 2 or not recipe.numel or ITEMSIZE[recipe.dtype] > LARGEST_ITEM:
        return None
    if recipe.layout == "far_last":
        return rank - 1 if recipe.shape[-1] >= ROWS else None
    return next((axis for axis, size in enumerate(recipe.shape[:-1]) if size >= ROWS), None)


def stride_of(recipe: Tensor, axis: int) -> int:
    """Return the elements between neighbours along the far axis, a multiple of the elements of a page."""
    rows = recipe.shape[axis]
    least = max(-(-ELEMENTS // (rows - 1)), 2 * recipe.numel // rows)
    return -(-least // 4096) * 4096


def compact(recipe: Tensor) -> Tensor:
    """Return the recipe of the same elements without gaps."""
    return replace(recipe, layout="contiguous") if recipe.layout in FAR_LAYOUTS else recipe


def compacted(case: Case) -> Case:
    """Return the case with every tensor in its compact form."""
    return map_tensors(case, lambda path, recipe: compact(recipe))


def mapped(size: int) -> mmap.mmap:
    """Return so much memory, none of which is committed; raises `OSError` or `ValueError` where that is impossible.

    The limit of the process on addresses grows by this much until the memory is freed.
    """
    try:
        return _mapped(size)
    except OSError:
        gc.collect()  # tensors of earlier calls may be part of reference cycles
        return _mapped(size)


def _mapped(size: int) -> mmap.mmap:
    _lend(size)
    try:
        memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | NO_RESERVE)
    except BaseException:
        _lend(-size)
        raise
    weakref.finalize(memory, _lend, -size)
    return memory


@functools.cache
def possible() -> bool:
    """Whether this machine can map so much memory."""
    try:
        mapped(ELEMENTS * LARGEST_ITEM).close()
    except (OSError, ValueError):
        return False
    return True


def _lend(size: int) -> None:
    """Raise or lower the soft limit on addresses, which `sandbox.limits` leaves below the hard one by `RESERVE`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    if soft != resource.RLIM_INFINITY:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (soft + size, hard))
