"""The lock around process-wide state."""

from __future__ import annotations

import threading

from pytest_kernelbench.model.locks import PROCESS_LOCK


def test_the_thread_that_holds_it_may_take_it_again() -> None:
    with PROCESS_LOCK, PROCESS_LOCK:
        pass


def test_other_threads_wait() -> None:
    order: list[str] = []

    def other() -> None:
        with PROCESS_LOCK:
            order.append("other")

    with PROCESS_LOCK:
        thread = threading.Thread(target=other)
        thread.start()
        thread.join(0.05)
        order.append("first")
    thread.join(10)
    assert order == ["first", "other"]
