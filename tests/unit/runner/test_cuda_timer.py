"""The timer of a GPU on a simulated one: what is device time, what leaks, what hides on other streams."""

from __future__ import annotations

import gc
from collections.abc import Callable

import pytest

from pytest_kernelbench.runner.cuda_timer import LATE, MAX_GATE, MAX_LEAKS, CudaTimer
from tests.support.fake_cuda import FakeCuda


@pytest.fixture
def cuda() -> FakeCuda:
    """A simulated GPU."""
    return FakeCuda()


@pytest.fixture
def timer(cuda: FakeCuda) -> CudaTimer:
    """A timer of it."""
    return CudaTimer(cuda, off_stream_launches=lambda: cuda.off_stream_launches, now=cuda.clock)


def launching(cuda: FakeCuda, seconds: float, host: float = 10e-6) -> Callable[[int], None]:
    return lambda index: cuda.launch(seconds, host=host)


def test_behind_the_gate_only_the_device_counts(cuda: FakeCuda, timer: CudaTimer) -> None:
    batch = timer.batch(launching(cuda, 3e-6), 0, 100, gated=True)
    assert batch.seconds == pytest.approx(300e-6)
    assert not batch.leaked
    assert batch.host_seconds > batch.seconds


def test_without_a_gate_the_host_is_in_it(cuda: FakeCuda, timer: CudaTimer) -> None:
    batch = timer.batch(launching(cuda, 3e-6), 0, 100, gated=False)
    assert batch.seconds == batch.host_seconds == pytest.approx(100 * 10e-6, rel=0.02)


def test_a_leak_is_seen_and_the_gate_grows_until_there_is_none(cuda: FakeCuda, timer: CudaTimer) -> None:
    call = launching(cuda, 3e-6, host=200e-6)
    first, second = (timer.batch(call, 0, 20, gated=True) for _ in range(2))
    assert first.leaked
    assert first.seconds > 60e-6
    assert not second.leaked
    assert second.seconds == pytest.approx(60e-6)
    assert not timer.host_bound


def test_a_gate_is_no_longer_than_it_must_be(cuda: FakeCuda, timer: CudaTimer) -> None:
    for _ in range(60):
        timer.batch(launching(cuda, 3e-6, host=5e-6), 0, 100, gated=True)
    before = cuda.now
    timer.batch(launching(cuda, 3e-6, host=5e-6), 0, 100, gated=True)
    assert cuda.now - before < 1.2 * (1.5 * 100 * 5e-6 + 300e-6)


def test_a_call_that_waits_for_the_device_is_bound_by_the_host(cuda: FakeCuda, timer: CudaTimer) -> None:
    def call(index: int) -> None:
        cuda.launch(3e-6)
        cuda.synchronize()

    batches = [timer.batch(call, 0, 4, gated=True) for _ in range(30)]
    assert all(batch.leaked for batch in batches)
    assert timer.host_bound
    assert batches[-1].seconds == pytest.approx(4 * (3e-6 + 2 * 4e-6), rel=0.3)


def test_the_host_is_not_blamed_for_a_few_leaks(cuda: FakeCuda, timer: CudaTimer) -> None:
    slow = launching(cuda, 3e-6, host=2 * MAX_GATE)
    for _ in range(MAX_LEAKS - 1):
        assert timer.batch(slow, 0, 1, gated=True).leaked
    timer.batch(launching(cuda, 3e-6), 0, 1, gated=True)
    timer.batch(slow, 0, 1, gated=True)
    assert not timer.host_bound


def test_work_on_another_stream_is_counted(cuda: FakeCuda, timer: CudaTimer) -> None:
    call = lambda index: cuda.launch(100e-6, stream=7)  # noqa: E731
    batches = [timer.batch(call, 0, 10, gated=True) for _ in range(2)]
    assert all(batch.leaked and batch.seconds >= 1e-3 for batch in batches)
    assert batches[1].seconds == pytest.approx(1e-3, rel=0.05)


def test_work_that_outlives_the_last_event_is_counted_though_nobody_saw_it_launched(cuda: FakeCuda) -> None:
    timer = CudaTimer(cuda, now=cuda.clock)

    def call(index: int) -> None:
        cuda.launch(1e-6)
        cuda.launch(5e-3, stream=7)

    batch = timer.batch(call, 0, 1, gated=True)
    assert batch.seconds > 4e-3 > LATE


def test_the_collector_waits_and_works_again(cuda: FakeCuda, timer: CudaTimer) -> None:
    seen = []

    def call(index: int) -> None:
        seen.append(gc.isenabled())
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        timer.batch(call, 0, 1, gated=True)
    assert (seen, gc.isenabled()) == ([False], True)
