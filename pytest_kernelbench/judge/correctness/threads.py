"""The number of threads that torch uses in the judge's process."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from pytest_kernelbench.model.locks import PROCESS_LOCK

_BEFORE: list[int] = []
"""One entry for each thread that is inside `one_thread`: torch's number of threads before the first of them entered."""


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Have torch compute in one thread, and afterwards in as many as before; several threads may be inside at once.

    Cases are small, and with more threads torch mostly waits, also for those of other workers. Torch has a number for
    each thread and takes the last one for new threads, so a thread may find the 1 that another judging thread has set.
    """
    import torch

    with PROCESS_LOCK:
        before = _BEFORE[0] if _BEFORE else torch.get_num_threads()
        _BEFORE.append(before)
        torch.set_num_threads(1)
    try:
        yield
    finally:
        with PROCESS_LOCK:
            _BEFORE.pop()
            torch.set_num_threads(before)
