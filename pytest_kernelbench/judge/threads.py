"""How many threads torch uses while kernels are judged."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from pytest_kernelbench.model.alone import ALONE

_USERS: list[int] = []
"""For each thread that judges now, how many threads torch used before the first of them began."""


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Have torch compute in one thread, and afterwards in as many as before, however many threads judge at once.

    Cases are small: more threads only wait for each other, and for those of other workers. Torch keeps the number for
    each thread and one for threads that are new, so what a thread finds may come from another that judges.
    """
    import torch

    with ALONE:
        before = _USERS[0] if _USERS else torch.get_num_threads()
        _USERS.append(before)
        torch.set_num_threads(1)
    try:
        yield
    finally:
        with ALONE:
            _USERS.pop()
            torch.set_num_threads(before)
