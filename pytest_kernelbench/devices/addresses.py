"""Which memory a launch may access: the storages of its arguments, and of every tensor that is alive."""

from __future__ import annotations

import bisect
import gc
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.devices.accesses import READ, Region

if TYPE_CHECKING:
    import numpy as np

    from pytest_kernelbench.wire.materialize import GuardedTensor

MAPPED = 1 << 20
"""Bytes around known memory in which an address is still accessed, as on a GPU, where it most often exists."""


class Memory:
    """The memory of one launch.

    Pointers of arguments are known at once. Other addresses, such as those of a table of pointers, are looked up among
    all live tensors; host code does not run during a launch, so that one search is enough.
    """

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        self.regions: list[Region] = []
        """What the launch was given, and what it has accessed beside that."""
        self._starts: set[int] = set()
        self._live: list[Region] | None = None
        for name, value in arguments.items():
            for path, tensor in _tensors(name, value):
                self._add(_region(path, tensor))

    def _add(self, region: Region) -> Region:
        """Keep a region once; of tensors that share a storage the first one names it."""
        if region.start not in self._starts and region.end > region.start:
            self._starts.add(region.start)
            self.regions.append(region)
        return region

    def holding(self, low: int, high: int) -> Region | None:
        """Return the region of the bytes from `low` up to `high`, or None if no tensor has all of them."""
        for region in self.regions:
            if region.start <= low and high <= region.end:
                return region
        live = self._nearest(low)
        return self._add(live) if live is not None and live.start <= low and high <= live.end else None

    def split(self, pointers: np.ndarray[Any, Any], active: np.ndarray[Any, Any], itemsize: int) -> Split:
        """Return the active lanes of each region, and those that no tensor holds."""
        import numpy as np

        left = active.copy()
        parts: list[tuple[Region, Any]] = []
        while left.any():
            low = int(pointers[left].min())
            region = self.holding(low, low + itemsize)
            if region is None:
                return self._strays(pointers, left, itemsize, parts)
            inside = left & (pointers >= np.uint64(region.start)) & (pointers <= np.uint64(region.end - itemsize))
            parts.append((region, inside))
            left &= ~inside
        return parts, left

    def _strays(self, pointers: Any, left: Any, itemsize: int, parts: list[tuple[Region, Any]]) -> Split:
        """Finish `split` where the lowest lane left is in no tensor: try every known region on the others."""
        import numpy as np

        for region in [*self.regions, *self._all()]:
            inside = left & (pointers >= np.uint64(region.start)) & (pointers <= np.uint64(region.end - itemsize))
            if region.end - region.start >= itemsize and inside.any():
                parts.append((self._add(region), inside))
                left = left & ~inside
        return parts, left

    def harmless(self, kind: str, pointers: np.ndarray[Any, Any], strays: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return those of the stray lanes that can be accessed without disturbing this process.

        A load may read whatever is mapped. A store may write to guard bands alone, where the judge finds it.
        """
        import numpy as np

        inside = np.zeros(strays.shape, bool)
        if kind == READ:
            inside |= ~self.wild(pointers, strays)
            inside &= strays
            return inside
        for guarded in _guarded(gc.get_objects()):
            start = guarded.memory.data_ptr()
            inside |= (pointers >= np.uint64(start)) & (pointers < np.uint64(start + guarded.memory.numel()))
        inside &= strays
        return inside

    def wild(self, pointers: np.ndarray[Any, Any], strays: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return those of the stray lanes that are so far from every tensor that an access would end the process."""
        import numpy as np

        far = strays.copy()
        for region in [*self.regions, *self._all()]:
            low, high = np.uint64(max(0, region.start - MAPPED)), np.uint64(region.end + MAPPED)
            far &= (pointers < low) | (pointers >= high)
        return far

    def nearest(self, address: int) -> str:
        """Describe where a stray address is, from the nearest argument."""
        if not self.regions:
            return "the launch was given no memory"
        region = min(self.regions, key=lambda each: max(each.start - address, address - each.end + 1))
        if address >= region.end:
            return f"{address - region.end} bytes behind the end of {region.name}"
        return f"{region.start - address} bytes before the start of {region.name}"

    def _nearest(self, address: int) -> Region | None:
        """Return the live tensor whose memory begins last at or before an address."""
        live = self._all()
        index = bisect.bisect_right(live, address, key=lambda region: region.start)
        return live[index - 1] if index else None

    def _all(self) -> list[Region]:
        """Return the memory of all live tensors, in the order of addresses."""
        if self._live is None:
            self._live = sorted(_live_regions(), key=lambda region: region.start)
        return self._live


Split = tuple[list[tuple[Region, Any]], Any]
"""Lanes of each region, and the lanes of none."""


def _tensors(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield each tensor of an argument with its path; a tensor descriptor has its tensor as `base`."""
    import torch

    if isinstance(value, (tuple, list)):
        for index, item in enumerate(value):
            yield from _tensors(f"{name}[{index}]", item)
        return
    value = getattr(value, "base", value) if not isinstance(value, torch.Tensor) else value
    if isinstance(value, torch.Tensor):
        yield name, value
    elif hasattr(value, "base"):  # a descriptor of a reinterpreted tensor
        yield from _tensors(name, value.base)


def _region(name: str, tensor: Any) -> Region:
    storage = tensor.untyped_storage()
    start = storage.data_ptr()
    return Region(start, start + storage.nbytes(), name, tensor.data_ptr(), tensor.element_size())


def _guarded(objects: Sequence[Any]) -> list[GuardedTensor]:
    """Return the arguments of the call among all objects, with their guard bands."""
    from pytest_kernelbench.wire.materialize import GuardedTensor

    return [each for each in objects if type(each) is GuardedTensor]


def _live_regions() -> Iterator[Region]:
    """Yield the memory of every tensor of this process, except the guard bands around the arguments of the call."""
    import torch

    objects = gc.get_objects()
    hidden = {id(each.memory) for each in _guarded(objects)}
    for each in objects:
        # By type, since isinstance asks an object for its class, which may run code of the kernel.
        if issubclass(type(each), torch.Tensor) and id(each) not in hidden and each.layout == torch.strided:
            try:
                region = _region(f"a tensor of shape {tuple(each.shape)} that the launch was not given", each)
            except (RuntimeError, NotImplementedError):  # a tensor without a storage
                continue
            if region.end > region.start:
                yield region
