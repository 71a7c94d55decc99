"""From a submission to pytest items: directories, kernel files, lines of predictions. Loads no torch and no kernel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_kernelbench.items import KernelItem, MissingItem, Readable, items

if TYPE_CHECKING:
    from pytest_kernelbench.model.submission import Kernel
    from pytest_kernelbench.session import Bench
    from pytest_kernelbench.shelf import Shelf


class KernelDirectory(Readable, pytest.Directory):
    """A folder of a submission: the submission itself, a variant or a category."""

    shelf: Shelf

    def collect(self) -> Iterator[pytest.Item | pytest.Collector]:
        """Yield sub-folders and files that hold kernels, and, of the submission itself, the tasks without one."""
        for path in self.shelf.children(self.path):
            if path.is_dir():
                yield directory(self, path, self.shelf)
            else:
                yield file(self, path, self.shelf)
        if self.path == self.shelf.source.path:
            for variant, task in self.shelf.missing():
                yield from MissingItem.of(self, self.shelf, variant, task)


class KernelFile(Readable, pytest.File):
    """A `.py` file that is one kernel."""

    shelf: Shelf

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the items of the kernel."""
        (kernel,) = self.shelf.kernels(self.path)
        yield from items(self, self.shelf, kernel)


class KernelLines(Readable, pytest.File):
    """A file of JSON lines, each of them one kernel."""

    shelf: Shelf

    def collect(self) -> Iterator[pytest.Collector]:
        """Yield one collector for each line, named as its task."""
        for kernel in self.shelf.kernels(self.path):
            yield KernelLine.from_parent(self, name=kernel.task, kernel=kernel, shelf=self.shelf)


class KernelLine(pytest.Collector):
    """One JSON line that is a kernel."""

    def __init__(self, *, kernel: Kernel, shelf: Shelf, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kernel, self.shelf = kernel, shelf

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the items of the kernel."""
        yield from items(self, self.shelf, self.kernel)


def directory(parent: pytest.Collector, path: Path, shelf: Shelf) -> KernelDirectory:
    """Return the collector of a folder of a submission."""
    node: KernelDirectory = KernelDirectory.from_parent(parent, path=path, **_identity(parent, path, shelf))
    node.shelf = shelf
    return node


def file(parent: pytest.Collector, path: Path, shelf: Shelf) -> KernelFile | KernelLines:
    """Return the collector of a file of a submission."""
    kind: Any = KernelLines if path.suffix == ".jsonl" else KernelFile
    node: KernelFile | KernelLines = kind.from_parent(parent, path=path, **_identity(parent, path, shelf))
    node.shelf = shelf
    return node


def keep_shard(bench: Bench, found: list[pytest.Item]) -> None:
    """Deselect the items of kernels that are in other parts; what belongs to no kernel stays in all of them."""
    shard = bench.settings.shard
    assert shard is not None
    ranks = {task: rank for rank, task in enumerate(bench.catalogue.names())}
    kept: list[pytest.Item] = []
    left: list[pytest.Item] = []
    for item in found:
        named = item.kernel if isinstance(item, KernelItem) else item.record if isinstance(item, MissingItem) else None
        mine = named is None or shard.holds(ranks[named.task], named.variant)
        (kept if mine else left).append(item)
    if left:
        left[0].config.hook.pytest_deselected(items=left)
        found[:] = kept


def _identity(parent: pytest.Collector, path: Path, shelf: Shelf) -> dict[str, Any]:
    """Return the node id of what lies outside of the root: stable wherever the folder is."""
    if path.is_relative_to(parent.config.rootpath):
        return {}
    inside = path.relative_to(shelf.source.root.parent).as_posix()
    return {"nodeid": inside}
