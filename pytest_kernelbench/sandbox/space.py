"""The home of a runner: a file system of limited size where the judge is root, else a folder that is watched."""

from __future__ import annotations

import contextlib
import ctypes
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

FILES = 100_000
"""Largest number of files in a home that is a file system of its own."""

BLOCK = 512
"""Bytes of the unit that `stat` counts the space of a file in."""

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


def used(home: Path, processes: Iterable[int], limit: int) -> int:
    """Return the bytes of all files in a home, those that are deleted and still open among them.

    Counting ends as soon as there are more than `limit`.
    """
    total, seen = 0, set[tuple[int, int]]()
    for status in (*_below(home), *_open(home, processes)):
        if (status.st_dev, status.st_ino) not in seen:
            seen.add((status.st_dev, status.st_ino))
            # Each file also needs an entry and an inode.
            total += status.st_blocks * BLOCK + BLOCK
        if total > limit:
            break
    return total


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
            with contextlib.suppress(OSError):
                for name in os.listdir(f"/proc/{pid}/{kind}"):
                    with contextlib.suppress(OSError):
                        link = f"/proc/{pid}/{kind}/{name}"
                        if os.readlink(link).startswith(f"{home}{os.sep}"):
                            status = os.stat(link)
                            if stat.S_ISREG(status.st_mode) and status.st_nlink == 0:
                                yield status


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
