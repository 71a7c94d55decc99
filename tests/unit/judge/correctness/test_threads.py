"""The number of torch's threads: one while anything is judged, and what it was before afterwards."""

from __future__ import annotations

import threading

from pytest_kernelbench.judge.correctness.threads import one_thread


def test_the_number_of_threads_is_restored() -> None:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with one_thread():
            assert torch.get_num_threads() == 1
            with one_thread():
                assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_a_thread_that_starts_meanwhile_restores_the_number_of_before() -> None:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(3)
    found: list[int] = []

    def judge() -> None:
        with one_thread():
            found.append(torch.get_num_threads())
        found.append(torch.get_num_threads())

    try:
        with one_thread():
            thread = threading.Thread(target=judge)
            thread.start()
            thread.join()
        assert found == [1, 3]
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
