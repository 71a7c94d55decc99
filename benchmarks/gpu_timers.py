"""Sections of `on_a_gpu.py` about the timer and the GPU itself: gate, events, clock, roofline, agreement."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any


def gate() -> None:
    """Whether the gate hides host time, leaks are detected, and calls that wait for the device count as host-bound."""
    import torch

    from pytest_kernelbench.runner.cuda_timer import CudaTimer

    x = torch.randn(1 << 20, device="cuda")
    print("| call | batches leaked of 40 | host-bound | device us | caller's us |\n| --- | --- | --- | --- | --- |")
    for name, call in {"add": lambda i: x + 1, "add, then item()": lambda i: (x + 1)[0].item()}.items():
        timer = CudaTimer()
        closed = [timer.batch(call, 0, 50, gated=True) for _ in range(40)]
        opened = [timer.batch(call, 0, 50, gated=False) for _ in range(20)]
        leaked, device = sum(batch.leaked for batch in closed), _median(b.seconds for b in closed) / 50
        host = _median(batch.seconds for batch in opened) / 50
        print(f"| {name} | {leaked} | {timer.host_bound} | {device * 1e6:.2f} | {host * 1e6:.2f} |")
    side = torch.cuda.Stream()
    big = torch.randn(1 << 27, device="cuda")

    def off_stream(index: int) -> None:
        with torch.cuda.stream(side):
            big.mul_(1.0)

    timer = CudaTimer()
    seen = _median(timer.batch(off_stream, 0, 5, gated=True).seconds for _ in range(10)) / 5
    true = _median(timer.batch(lambda i: big.mul_(1.0), 0, 5, gated=True).seconds for _ in range(10)) / 5
    print(f"\nWork on another stream without waiting: {seen * 1e6:.1f} us, on the default stream: {true * 1e6:.1f} us.")


def events() -> None:
    """Resolution and cost of events, and the number of launches that fit into the queue."""
    import torch

    pairs = [[torch.cuda.Event(enable_timing=True) for _ in range(2)] for _ in range(300)]
    for cycles, (start, end) in enumerate(pairs):
        start.record()
        torch.cuda._sleep(1000 + 7 * cycles)
        end.record()
    torch.cuda.synchronize()
    times = sorted({start.elapsed_time(end) * 1e6 for start, end in pairs})
    steps = [after - before for before, after in pairwise(times)]
    empty = []
    for _ in range(300):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        torch.cuda._sleep(200_000)
        start.record()
        end.record()
        torch.cuda.synchronize()
        empty.append(start.elapsed_time(end) * 1e3)
    print(
        f"Smallest step between times: {min(steps):.1f} ns. Two events with nothing between: {_median(empty):.2f} us."
    )
    x = torch.zeros(1, device="cuda")
    torch.cuda._sleep(400_000_000)
    waits = []
    for _ in range(3000):
        before = time.perf_counter()
        x.add_(1)
        waits.append(time.perf_counter() - before)
    torch.cuda.synchronize()
    full = next((index for index, wait in enumerate(waits) if wait > 5e-3), None)
    print(f"The launch queue is full after {full} launches (of 3000; None: never).")


def rotation() -> None:
    """Rotating inputs against flushing the cache, for one large call at a time: they should agree within 1 %."""
    import torch

    from pytest_kernelbench.runner.cuda_timer import CudaTimer

    sets = [torch.randn(1 << 26, device="cuda") for _ in range(4)]
    flush = torch.empty(1 << 28, dtype=torch.int8, device="cuda")
    timer, flushed = CudaTimer(), []
    rotated = [timer.batch(lambda i: sets[i % 4] * 2, i, 1, gated=True).seconds for i in range(60)]
    for _ in range(60):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        flush.zero_()
        start.record()
        sets[0] * 2
        end.record()
        torch.cuda.synchronize()
        flushed.append(start.elapsed_time(end) / 1e3)
    ours, theirs = _median(rotated[10:]), _median(flushed[10:])
    print(f"Rotated {ours * 1e6:.1f} us, flushed {theirs * 1e6:.1f} us: {100 * (ours / theirs - 1):+.2f} %.")


def clock() -> None:
    """The clock rate of the multiprocessors, read on the GPU around 20 ms of matrix products."""
    import torch
    from kernels_on_a_gpu import clocks

    a = torch.randn(4096, 4096, device="cuda", dtype=torch.bfloat16)
    stamps = torch.zeros(2, 2, dtype=torch.int64, device="cuda")
    for _ in range(3):
        clocks[(1,)](stamps[0])
        for _ in range(100):
            a @ a
        clocks[(1,)](stamps[1])
    (first, before), (last, after) = stamps.tolist()
    elapsed = last - first
    print(f"{elapsed / 1e6:.2f} ms; {1e3 * (after - before) / elapsed:.0f} MHz if both ran on one multiprocessor.")


def agreement() -> None:
    """Device time beside that of single calls after a flush that reads: within 3 % for calls of more than 20 us.

    All inputs rotate, weights among them. `do_bench` empties the cache by writing, so that the call has to write those
    lines back: it is shown for comparison only.
    """
    import torch
    from kernels_on_a_gpu import copy
    from triton.testing import do_bench

    from pytest_kernelbench.runner.cuda_timer import CudaTimer

    def copied(x: Any) -> Any:
        y = torch.empty_like(x)
        copy[(x.numel() // 1024,)](x, y, x.numel(), BLOCK=1024)
        return y

    calls: dict[str, tuple[Callable[..., Any], tuple[tuple[int, ...], ...]]] = {
        "Triton copy": (copied, ((1 << 26,),)),
        "add": (lambda x: x + x, ((1 << 26,),)),
        "softmax": (lambda x: x.softmax(-1), ((8192, 8192),)),
        "layer_norm": (lambda x: torch.nn.functional.layer_norm(x, x.shape[-1:]), ((8192, 8192),)),
        "sum": (lambda x: x.sum(0), ((8192, 8192),)),
        "matmul 4096": (lambda x, y: x @ y, ((4096, 4096), (4096, 4096))),
        "matmul 512 rows": (lambda x, y: x @ y, ((512, 4096), (4096, 4096))),
    }
    flush = torch.zeros(1 << 27, dtype=torch.int32, device="cuda")
    print("| call | ours us | flushed us | difference | do_bench us |\n| --- | --- | --- | --- | --- |")
    for name, (work, shapes) in calls.items():
        size = 2 * sum(math.prod(shape) for shape in shapes)
        count = max(4, -(-3 * (128 << 20) // size))
        sets = [[torch.randn(*shape, device="cuda").half() for shape in shapes] for _ in range(count)]
        timer = CudaTimer()
        call = lambda index, sets=sets, work=work: work(*sets[index % len(sets)])  # noqa: E731
        for index in range(3):
            call(index)
        once = timer.batch(call, 0, 10, gated=True).seconds / 10
        count = max(1, min(400, int(200e-6 / once) + 1))
        ours = _median([timer.batch(call, i * count, count, gated=True).seconds / count for i in range(60)][20:])
        single = _median(flushed(torch.cuda, call, flush.amax, 60)[20:])
        theirs = do_bench(lambda call=call: call(0), return_mode="median") / 1e3
        print(f"| {name} | {ours * 1e6:.2f} | {single * 1e6:.2f} | {_apart(ours, single)} | {theirs * 1e6:.2f} |")


def flushed(cuda: Any, call: Callable[[int], object], flush: Callable[[], object], count: int) -> list[float]:
    """Return the device seconds of single calls, each after `flush()`, which also keeps the device behind the host."""
    seconds = []
    for index in range(count):
        start, end = (cuda.Event(enable_timing=True) for _ in range(2))
        cuda.synchronize()
        flush()
        start.record()
        call(index)
        end.record()
        end.synchronize()
        seconds.append(start.elapsed_time(end) / 1e3)
    return seconds


def _apart(ours: float, theirs: float) -> str:
    return f"{100 * (ours / theirs - 1):+.2f} %"


def roofline() -> None:
    """The measured roofline beside the published one."""
    from pytest_kernelbench.gpus.inventory import gpus
    from pytest_kernelbench.gpus.roofline import published
    from pytest_kernelbench.gpus.roofline import roofline as roofline_of

    gpu = gpus()[0]
    print(f"{gpu}\n")
    found, sheet = roofline_of(gpu), published(gpu.model)
    assert found is not None
    print(f"bandwidth {found.bandwidth / 1e12:.2f} TB/s ({found.source})")
    print(", ".join(f"{name} {rate / 1e12:.1f} TFLOP/s" for name, rate in found.flops.items()))
    print("; ".join(found.doubts(sheet)) or "plausible beside the published rates")


def _median(values: Any) -> float:
    return statistics.median(values)
