"""The home of a runner: a file system of limited size where the judge is root, else a folder that is watched."""

from __future__ import annotations

import contextlib
import ctypes
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from pytest_kernelbench.sandbox.processes import running

FILES = 100_000
"""Largest number of files in a home that is a file system of its own."""

BLOCK = 512
"""Bytes of the unit that `stat` counts the space of a file in."""

ENTRY = 10 << 10
"""Bytes that each file counts in addition: a file system may have fewer inodes than room for empty files."""

MAX_NAMELESS = 8
"""Deleted files that are mapped and not open before each further one counts as a quarter of the limit.

Only root can ask Linux for their size: they may have grown since they were seen. A library that is deleted once it is
loaded is such a file, and is mapped as a whole.
"""

_CLONE_NEWNS = 0x00020000
_MS_NOSUID, _MS_NODEV, _MS_REC, _MS_PRIVATE = 2, 4, 1 << 14, 1 << 18
"""From `linux/sched.h` and `linux/mount.h`."""


def enclose(home: Path, size: int, user: int) -> bool:
    """Give the current process a home of at most `size` bytes that ends with it; return whether that was possible.

    The file system lies in memory and is mounted where no other process sees it. Root is needed, and a container often
    lacks the right.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNS) != 0:
        return False
    if libc.mount(None, b"/", None, ctypes.c_ulong(_MS_REC | _MS_PRIVATE), None) != 0:
        return False
    options = f"size={size},nr_inodes={FILES},mode=0700,uid={user},gid={user}".encode()
    flags = ctypes.c_ulong(_MS_NOSUID | _MS_NODEV)
    return int(libc.mount(b"kernelbench", os.fsencode(home), b"tmpfs", flags, options)) == 0


class Files:
    """The files in a home that is watched."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._sizes: dict[int, int] = {}
        """Bytes of each file when it was last seen, by its inode."""

    def used(self, processes: Iterable[int], limit: int) -> int:
        """Return the bytes of all files, those that are deleted and still open or mapped among them.

        Counting ends as soon as there are more than `limit`.
        """
        total, seen, family = 0, dict[int, int](), [*processes]
        for status in (*_below(self.home), *_open(self.home, family)):
            if status.st_ino not in seen:
                seen[status.st_ino] = status.st_blocks * BLOCK + ENTRY
                total += seen[status.st_ino]
            if total > limit:
                return total
        nameless = {inode: size for inode, size in _mapped(self.home, family).items() if inode not in seen}
        sizes = {inode: max(size, self._sizes.get(inode, 0)) for inode, size in nameless.items()}
        self._sizes = seen | sizes
        return total + sum(sizes.values()) + max(0, len(sizes) - MAX_NAMELESS) * limit // 4


def _below(folder: Path) -> Iterator[os.stat_result]:
    waiting = [str(folder)]
    while waiting:
        with contextlib.suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    yield entry.stat(follow_symlinks=False)
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)


def _open(home: Path, processes: Iterable[int]) -> Iterator[os.stat_result]:
    """Yield the files that processes have open, or mapped, and that have no name any more."""
    for pid in processes:
        for kind in ("fd", "map_files"):
            folder = f"{running(pid)}/{kind}"
            with contextlib.suppress(OSError):
                for name in os.listdir(folder):
                    with contextlib.suppress(OSError):
                        link = f"{folder}/{name}"
                        if os.readlink(link).startswith(f"{home}{os.sep}"):
                            status = os.stat(link)
                            if stat.S_ISREG(status.st_mode) and status.st_nlink == 0:
                                yield status


def _mapped(home: Path, processes: Iterable[int]) -> dict[int, int]:
    """Return the deleted files that processes have mapped: the bytes up to the last one mapped, by inode."""
    found: dict[int, int] = {}
    for pid in processes:
        with contextlib.suppress(OSError, ValueError):
            for line in Path(f"{running(pid)}/maps").read_bytes().splitlines():
                if line.endswith(b" (deleted)") and os.fsencode(f"{home}{os.sep}") in line:
                    addresses, _, offset, _, inode = line.split()[:5]
                    start, end = (int(each, 16) for each in addresses.split(b"-"))
                    found[int(inode)] = max(found.get(int(inode), 0), int(offset, 16) + end - start)
    return found


def remove(folder: Path) -> None:
    """Remove a folder, however deep its folders are nested and whatever their modes.

    Folders are moved up before their parent is removed, so that no path gets longer than Linux accepts.
    """
    moved = 0
    progress = True
    while progress:
        progress = False
        for entry in _entries(folder):
            if not entry.is_dir(follow_symlinks=False):
                progress |= _did(os.unlink, entry.path)
                continue
            _did(os.chmod, entry.path, stat.S_IRWXU)
            for inner in _entries(entry.path):
                if inner.is_dir(follow_symlinks=False):
                    moved += 1
                    _did(os.chmod, inner.path, stat.S_IRWXU)
                    progress |= _did(os.rename, inner.path, os.path.join(folder, f"{moved}.{os.getpid()}"))
                else:
                    progress |= _did(os.unlink, inner.path)
            progress |= _did(os.rmdir, entry.path)
    _did(os.rmdir, folder)


def _entries(folder: str | Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [*entries]
    except OSError:
        return []


def _did(act: Callable[..., None], *arguments: Any) -> bool:
    """Act on a path; return whether that succeeded."""
    try:
        act(*arguments)
    except OSError:
        return False
    return True
