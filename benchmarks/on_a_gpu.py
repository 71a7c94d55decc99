"""Run everything that needs a GPU to be confirmed, in less than nine minutes, and print a report in Markdown.

    python benchmarks/on_a_gpu.py [FOLDER]

Records are written to `results.jsonl` and the report to `on_a_gpu.md` in FOLDER, or else in $OUT or the working
directory. Each section runs in its own process with its own time limit, so that a failure does not affect the others.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

TOTAL = 525.0
"""Seconds of all sections together."""

AA_TASKS = 20
"""Number of tasks on which eager PyTorch is timed against itself."""

SOUND = "basic,sizes,dtypes"
"""Facets in which every reference is judged as a kernel."""


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
    """Device time beside `triton.testing.do_bench`: they should agree within 3 % for calls of more than 20 us."""
    import torch
    from kernels_on_a_gpu import copy
    from triton.testing import do_bench

    from pytest_kernelbench.runner.cuda_timer import CudaTimer

    def copied(x: Any) -> Any:
        y = torch.empty_like(x)
        copy[(x.numel() // 1024,)](x, y, x.numel(), BLOCK=1024)
        return y

    half = {"device": "cuda", "dtype": torch.float16}
    weight = torch.randn(4096, 4096, **half)
    calls: dict[str, tuple[Callable[[Any], Any], tuple[int, ...]]] = {
        "Triton copy": (copied, (1 << 26,)),
        "add": (lambda x: x + x, (1 << 26,)),
        "softmax": (lambda x: x.softmax(-1), (8192, 8192)),
        "layer_norm": (lambda x: torch.nn.functional.layer_norm(x, x.shape[-1:]), (8192, 8192)),
        "sum": (lambda x: x.sum(0), (8192, 8192)),
        "matmul 4096": (lambda x: x @ weight, (4096, 4096)),
        "matmul 512 rows": (lambda x: x @ weight, (512, 4096)),
    }
    print("| call | ours us | do_bench us | difference |\n| --- | --- | --- | --- |")
    for name, (work, shape) in calls.items():
        sets = [torch.randn(*shape, **half) for _ in range(4)]
        timer = CudaTimer()
        call = lambda index, sets=sets, work=work: work(sets[index % len(sets)])  # noqa: E731
        for index in range(3):
            call(index)
        once = timer.batch(call, 0, 10, gated=True).seconds / 10
        count = max(1, min(400, int(200e-6 / once) + 1))
        ours = _median([timer.batch(call, i * count, count, gated=True).seconds / count for i in range(60)][20:])
        theirs = do_bench(lambda call=call: call(0), return_mode="median") / 1e3
        print(f"| {name} | {ours * 1e6:.2f} | {theirs * 1e6:.2f} | {100 * (ours / theirs - 1):+.2f} % |")


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


def gpu_tests() -> None:
    """The tests that need a GPU."""
    _pytest("tests/gpu", "-m", "gpu", "-q", "--no-header", "-p", "no:cacheprovider")


def judged() -> None:
    """The examples, judged in all facets."""
    _kernels("examples", "-m", "correctness", "-n", "12")


def timed() -> None:
    """The examples, timed against eager PyTorch: speedup, interval, share of the roofline."""
    _kernels("examples", "-m", "speed", "--kb-timeout=60")


def against_itself() -> None:
    """Eager PyTorch against itself on some tasks: every verdict should be `same`."""
    _kernels(str(_references(AA_TASKS)), "-m", "speed", "--kb-timeout=60")


def sound() -> None:
    """Every reference judged as a kernel on the GPU: none may be called wrong."""
    _kernels(str(_references(None)), "-m", "correctness", "-n", "12", f"--kb-facets={SOUND}", "--kb-examples=0")


SECTIONS: dict[str, tuple[Callable[[], None], float]] = {
    "roofline": (roofline, 60),
    "gate": (gate, 30),
    "events": (events, 30),
    "rotation": (rotation, 30),
    "clock": (clock, 30),
    "agreement": (agreement, 40),
    "tests": (gpu_tests, 120),
    "judged": (judged, 150),
    "timed": (timed, 120),
    "against_itself": (against_itself, 120),
    "sound": (sound, 200),
}
"""The sections in their order, each with the seconds that it may take."""


def _median(values: Any) -> float:
    return statistics.median(values)


def _references(count: int | None) -> Path:
    """Write a submission of the references of some tasks, or with None of all, and return its folder."""
    from pytest_kernelbench.model.catalogue import Catalogue

    folder = Path(tempfile.mkdtemp(prefix="references-"))
    (folder / "submission.toml").write_text('language = "torch"\n', encoding="utf-8")
    files = [*Catalogue.find().names().values()]
    for file in files[:: max(1, len(files) // count) if count else 1][:count]:
        text = file.path.read_text(encoding="utf-8") + f"\n{file.name} = task.reference\n"
        (folder / f"{file.name}.py").write_text(text, encoding="utf-8")
    return folder


def _kernels(submission: str, *options: str) -> None:
    results = Path(os.environ["KB_BENCHMARK_RESULTS"])
    shown = ("-q", "--no-header", "--tb=line", "-p", "no:cacheprovider", "-p", "no:benchmark")
    _pytest(f"--kb-submission={submission}", "--kb-device=cuda", f"--kb-results={results}", *shown, *options)


def _pytest(*options: str) -> None:
    command = [sys.executable, "-m", "pytest"]
    try:
        importlib.metadata.version("pytest-kernelbench")
    except importlib.metadata.PackageNotFoundError:
        command += ["-p", "pytest_kernelbench.plugin"]
    done = subprocess.run([*command, *options], cwd=ROOT, check=False)
    print(f"\nexit status {done.returncode}")


def _table(results: Path) -> str:
    """Return the speed records as a table."""
    rows = ["| task and workload | verdict | ratio | 99 % interval | device us | call us | share of roofline |",
            "| --- | --- | --- | --- | --- | --- | --- |"]  # fmt: skip
    lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
    for record in map(json.loads, lines):
        if record["kind"] != "speed" or record["verdict"] is None:
            continue
        low, high = record["interval"] or (float("nan"),) * 2
        light = "" if record["speed_of_light"] is None else f"{record['speed_of_light']:.0%}"
        name, seconds, calls = (
            f"{record['submission']}/{record['task']}",
            record["device_seconds"],
            record["call_seconds"],
        )
        rows.append(
            f"| {name} | {record['verdict']} | {record['ratio'] or 0:.3f} | [{low:.3f}, {high:.3f}] "
            f"| {1e6 * seconds:.1f} | {1e6 * calls:.1f} | {light} |"
        )
    return "\n".join(rows)


def main() -> None:
    """Run all sections, or a single one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=Path(os.environ.get("OUT", ".")))
    parser.add_argument("--section", choices=SECTIONS)
    asked = parser.parse_args()
    if asked.section:
        SECTIONS[asked.section][0]()
        return
    asked.folder.mkdir(parents=True, exist_ok=True)
    results, report = asked.folder.resolve() / "results.jsonl", asked.folder / "on_a_gpu.md"
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "KB_BENCHMARK_RESULTS": str(results)}
    started = time.monotonic()
    report.write_text("# On a GPU\n", encoding="utf-8")
    for name, (section, limit) in SECTIONS.items():
        left = min(limit, TOTAL - (time.monotonic() - started))
        began, printed = time.monotonic(), "skipped: no time left"
        if left > 5:
            command = [sys.executable, __file__, "--section", name]
            printed = _run(command, environ, left)
        text = f"\n## {name}\n\n{section.__doc__}\n\n{printed}\n\n({time.monotonic() - began:.0f} s)\n"
        print(text, flush=True)
        with report.open("a", encoding="utf-8") as stream:
            stream.write(text)
    text = f"\n## Speed\n\n{_table(results)}\n\nAll in {time.monotonic() - started:.0f} s.\n"
    print(text)
    with report.open("a", encoding="utf-8") as stream:
        stream.write(text)


def _run(command: list[str], environ: dict[str, str], timeout: float) -> str:
    """Run a section and return what it prints; after `timeout` seconds, kill it with all processes that it started."""
    process = subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    try:
        printed, _ = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        printed, _ = process.communicate()
        printed += f"\nkilled after {timeout:.0f} s"
    printed = printed.strip()[-6000:]
    return printed if process.returncode == 0 else f"```\n{printed}\n```\n\nfailed: exit status {process.returncode}"


if __name__ == "__main__":
    main()
