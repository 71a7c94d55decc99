"""The processes that wait for a lock, in the order in which they came: each holds a numbered file while it waits.

The operating system releases such a file when its holder ends in any way, so the dead hold up nobody.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

INTERVAL = 0.002
"""Seconds between two looks at those who came before."""


@contextlib.contextmanager
def in_turn(folder: Path, waits: Callable[[], object]) -> Iterator[None]:
    """Wait until all who came before have left, and stay in the queue until the end; raises `OSError`.

    `folder` has the files of the queue. `waits` is called again and again while others are before this process.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with contextlib.ExitStack() as held:
        # One at a time takes a number, so that no two have the same.
        with opened(folder / "numbers.lock") as numbers:
            fcntl.flock(numbers, fcntl.LOCK_EX)
            mine = max(_numbers(folder), default=0) + 1
            held.callback(_file(folder, mine).unlink, missing_ok=True)
            fcntl.flock(held.enter_context(opened(_file(folder, mine))), fcntl.LOCK_EX)
        for number in _numbers(folder):
            while number < mine and not _has_left(folder, number):
                waits()
                time.sleep(INTERVAL)
        yield


def nobody_waits(folder: Path) -> bool:
    """Whether the queue has no files; those of the dead count until somebody waits for them."""
    try:
        with os.scandir(folder) as entries:
            return not any(entry.name.endswith(".turn") for entry in entries)
    except FileNotFoundError:
        return True


@contextlib.contextmanager
def opened(path: Path, *, create: bool = True) -> Iterator[int]:
    """Open a file for locking and yield its descriptor; closing it releases the lock."""
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT if create else 0), 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def locked(descriptor: int, operation: int) -> bool:
    """Lock an open file with `LOCK_SH` or `LOCK_EX` unless others hold it; return whether it is locked."""
    try:
        fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _has_left(folder: Path, number: int) -> bool:
    """Whether the process with a number is done, or dead; its file is then removed."""
    path = _file(folder, number)
    try:
        with opened(path, create=False) as descriptor:
            if not locked(descriptor, fcntl.LOCK_EX):
                return False
            path.unlink(missing_ok=True)
    except FileNotFoundError:
        pass
    return True


def _file(folder: Path, number: int) -> Path:
    return folder / f"{number:09d}.turn"


def _numbers(folder: Path) -> list[int]:
    return sorted(int(path.stem) for path in folder.glob("*.turn") if path.stem.isdigit())
