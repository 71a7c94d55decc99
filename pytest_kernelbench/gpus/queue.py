"""The processes that wait for a lock, in the order in which they came: each holds a numbered file while it waits.

The operating system releases such a file when its holder ends in any way, so the dead hold up nobody.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

INTERVAL = 0.02
"""Seconds between two looks at those who came before."""


@contextlib.contextmanager
def in_turn(folder: Path, waits: Callable[[], object]) -> Iterator[None]:
    """Wait until all who came before have left, and stay in the queue until the end; raises `OSError`.

    `folder` has the files of the queue. `waits` is called again and again while others are before this process.
    """
    from filelock import FileLock

    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with contextlib.ExitStack() as held:
        # One at a time takes a number, so that no two have the same.
        with FileLock(folder / "numbers.lock"):
            mine = max(_numbers(folder), default=0) + 1
            held.callback(_file(folder, mine).unlink, missing_ok=True)
            held.enter_context(FileLock(_file(folder, mine)))
        for number in _numbers(folder):
            while number < mine and not _has_left(folder, number):
                waits()
                time.sleep(INTERVAL)
        yield


def _has_left(folder: Path, number: int) -> bool:
    """Whether the process with a number is done, or dead; its file is then removed."""
    from filelock import FileLock, Timeout

    path = _file(folder, number)
    if not path.exists():
        return True
    try:
        with FileLock(path).acquire(timeout=0):
            path.unlink(missing_ok=True)
            return True
    except Timeout:
        return False


def _file(folder: Path, number: int) -> Path:
    return folder / f"{number:09d}.turn"


def _numbers(folder: Path) -> list[int]:
    return sorted(int(path.stem) for path in folder.glob("*.turn") if path.stem.isdigit())
