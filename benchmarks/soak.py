"""Judge thousands of kernels, some of them hostile, and measure what the judge uses and what it leaves behind.

Run `python benchmarks/soak.py [N]`: it makes N kernels from the examples, judges them with `-n 2` in a temporary
folder, and prints a row after each tenth of them. It exits with status 1 if a kernel got an unexpected status, or if a
process or a file was left behind.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
MARK = "KERNELBENCH_SOAK"
"""Environment variable that marks every process of a soak, even if its parents have ended."""

TASKS = ("relu", "sigmoid", "reciprocal", "log1p", "softmax", "sum", "std", "argmax", "index_select", "smooth_l1_loss",
         "nll_loss", "adaptive_avg_pool2d", "addmm")  # fmt: skip
"""Examples that take about a second to judge."""

LOOKS = 20
"""Lists of processes without one of a soak until it is believed that none is left: a comet is seldom listed."""

OPTIONS = ("--kb-facets=basic,sizes", "--kb-examples=8", "--kb-timeout=24")

RIGHT = "return right(*args, **kwargs)"

BEHAVIOURS = {
    "right": ("passed", 10, RIGHT),
    "wrong": ("wrong_values", 4, "return right(*args, **kwargs) + 1"),
    "raising": ("refused", 2, "raise ValueError(args)"),
    "unreadable": ("load_error", 1, "return ("),
    "aborting": ("crash", 2, "os.abort()"),
    "exiting": ("crash", 2, "os._exit(0)"),
    "hanging": ("timeout", 1, "while True: pass"),
    "greedy": ("crash", 1, "kept = [b'x' * (1 << 28), bytearray(64 << 30)]"),
    "forking": ("runtime_error", 1, "while True: os.fork() or time.sleep(300)"),
    "threads": ("passed", 1, f"threading.Thread(target=time.sleep, args=(300,), daemon=True).start()\n{RIGHT}"),
    "daemons": ("passed", 2, f"once(daemon)\n{RIGHT}"),
    "sessions": ("runtime_error", 1, "subprocess.Popen(['sleep', '300'], start_new_session=True)"),
    "comets": ("passed", 4, f"once(comet)\n{RIGHT}"),
    "twins": ("passed", 1, f"once(lambda: [daemon(), comet(), comet()])\n{RIGHT}"),
    "stubborn": ("passed", 1, f"once(stubborn)\n{RIGHT}"),
    "leaving": ("crash", 1, "once(comet)\nos._exit(0)"),
    "filling": (
        "runtime_error|crash",
        1,
        "[open(str(n), 'wb').write(bytes(1 << 26)) for n in range(30)]\ntime.sleep(2)",
    ),
    "touching": ("runtime_error", 1, "os.utime('/etc/passwd')"),
    "shared": ("runtime_error", 1, "mmap.mmap(-1, 1 << 30)"),
    "files": ("passed", 2, f"[open(f'{{time.time()}}', 'wb').write(bytes(1 << 20)) for _ in range(4)]\n{RIGHT}"),
    "open": ("passed", 1, f"kept.append(open(os.devnull))\n{RIGHT}"),
    "printing": ("passed", 2, f"print('x' * (1 << 22))\n{RIGHT}"),
}
"""What kernels do, by name: the status that they must get, how many of 43 kernels do it, and their code."""

COMET = """
import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
end = time.monotonic() + 300
while time.monotonic() < end:
    if os.fork():
        os._exit(0)
    time.sleep(0.0005)
"""
"""A process that forks itself anew every half millisecond, so that no list of processes is ever true."""

MISBEHAVING = """
import mmap, os, signal, subprocess, sys, threading, time
COMET = {comet!r}
right, kept = {task}, []
def once(act):
    if not kept:
        kept.append(act)
        act()
def daemon():
    if os.fork() == 0:
        if os.fork() == 0:
            os.execvp("sleep", ["sleep", "300"])
        os._exit(0)
    os.wait()
def comet():
    if os.fork() == 0:
        os.execv(sys.executable, [sys.executable, "-S", "-E", "-c", COMET])
def stubborn():
    for number in (signal.SIGTERM, signal.SIGCHLD, signal.SIGHUP, signal.SIGCONT):
        signal.signal(number, lambda *_: os.fork() or time.sleep(300))
    os.fork() or time.sleep(300)
def {task}(*args, **kwargs):
{lines}
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """What the session uses at one moment; memory is resident memory in MiB."""

    seconds: float
    kernels: int
    controller: float
    workers: tuple[float, ...]
    servers: tuple[float, ...]
    processes: int
    descriptors: int
    files: int
    semaphores: int

    def row(self, before: Sample) -> str:
        """Return a row of the table; the rate is the one since an earlier sample."""
        rate = 60 * (self.kernels - before.kernels) / max(1e-9, self.seconds - before.seconds)
        memory = [f"{self.controller:.0f}", _mib(self.workers), _mib(self.servers)]
        counts = map(str, (self.processes, self.descriptors, self.files, self.semaphores))
        return _columns(f"{self.seconds / 60:.1f}", str(self.kernels), f"{rate:.0f}", *memory, *counts)


HEADER = ("minute", "kernels", "a minute", "controller", "workers", "servers", "processes", "open", "/tmp", "/dev/shm")


def _columns(*cells: str) -> str:
    return "".join(f"{cell:>{width}}" for cell, width in zip(cells, (7, 9, 10, 12, 11, 11, 11, 8, 6, 10), strict=True))


def _mib(values: tuple[float, ...]) -> str:
    return "+".join(f"{value:.0f}" for value in values) or "-"


def main() -> int:
    """Run the soak, print the figures, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kernels", nargs="?", type=int, default=2000)
    parser.add_argument("--json", action="store_true", help="print the results as one line of JSON")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kb-soak-") as folder:
        results = soak(Path(folder), asked.kernels, quiet=asked.json)
    if asked.json:
        print(json.dumps(results))
    else:
        print("\n".join(f"{name}: {value}" for name, value in results.items()))
    return 1 if any(results[name] for name in ("unexpected", "processes", "files", "lost")) else 0


def soak(folder: Path, count: int, *, quiet: bool) -> dict[str, object]:
    """Judge `count` kernels in a folder and return what was unexpected and what was left behind."""
    wanted = write(folder / "kernels", count)
    (folder / "tmp").mkdir()
    mark = uuid.uuid4().hex
    samples = []
    with (folder / "output").open("wb") as output:
        session = _start(folder, mark, output)
        for sample in _samples(folder, session):
            if not samples or sample.kernels - samples[-1].kernels >= count / 10:
                if not quiet:
                    print(sample.row(samples[-1]) if samples else _columns(*HEADER), flush=True)
                samples.append(sample)
    lines = (folder / "results.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    got = {(record["variant"], record["task"]): record["status"] for record in records}
    unexpected = Counter(
        f"{behaviour}: {got.get(key)}"
        for key, (behaviour, status) in wanted.items()
        if str(got.get(key)) not in status.split("|")
    )
    return {
        "exit": session.returncode,
        "minutes": round(samples[-1].seconds / 60, 2),
        "statuses": dict(Counter(got.values())),
        "lost": len(wanted.keys() - got.keys()) + len(lines) - len(got),
        "unexpected": dict(unexpected),
        "processes": _left(mark, folder),
        # The folders of pytest's own tmp_path_factory stay on purpose.
        "files": sorted(path.name for path in (folder / "tmp").iterdir() if not path.name.startswith("pytest-of-")),
    }


def write(folder: Path, count: int) -> dict[tuple[str, str], tuple[str, str]]:
    """Write kernels as JSON lines; return the behaviour and the expected status of each by variant and task."""
    codes = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "submissions/examples").rglob("*.py")}
    cycle = [name for name, (_, weight, _) in BEHAVIOURS.items() for _ in range(weight)]
    # A step that is coprime to the length visits all behaviours in a mixed order.
    order = [cycle[index * 7 % len(cycle)] for index in range(len(cycle))]
    folder.mkdir()
    wanted = {}
    for number in range(count):
        task, variant = TASKS[number % len(TASKS)], f"sample_{number // len(TASKS):04d}"
        behaviour = order[number % len(order)]
        status, _, lines = BEHAVIOURS[behaviour]
        code = codes[task] + MISBEHAVING.format(task=task, comet=COMET, lines=textwrap.indent(lines, "    "))
        with (folder / f"{variant}.jsonl").open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"file": f"{task}.py", "predict": f"# {number}\n{code}"}) + "\n")
        wanted[variant, task] = (behaviour, status)
    return wanted


def _start(folder: Path, mark: str, output: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "pytest", "-q", "-n2", "--tb=no", "-p", "no:cacheprovider"]
    command += ["--kb-submission=kernels", "--kb-results=results.jsonl", *OPTIONS]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment = {**kept, MARK: mark, "TMPDIR": str(folder / "tmp"), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdout=output, stderr=output, stdin=subprocess.DEVNULL
    )


def _samples(folder: Path, session: subprocess.Popen[bytes]) -> Iterator[Sample]:
    """Yield a sample every second until the session ends."""
    started = time.monotonic()
    results = folder / "results.jsonl"
    while session.poll() is None:
        time.sleep(1)
        judged = results.read_bytes().count(b"\n") if results.exists() else 0
        try:
            yield _sample(time.monotonic() - started, judged, psutil.Process(session.pid), folder / "tmp")
        except psutil.NoSuchProcess:
            continue


def _sample(seconds: float, judged: int, controller: psutil.Process, temporary: Path) -> Sample:
    workers = [child for child in controller.children() if "multiprocessing" not in " ".join(child.cmdline())]
    below = [child for worker in workers for child in worker.children()]
    servers = [child for child in below if "forkserver" in " ".join(child.cmdline())]
    judges = [controller, *workers, *servers]
    return Sample(
        seconds=seconds,
        kernels=judged,
        controller=_resident(controller),
        workers=tuple(map(_resident, workers)),
        servers=tuple(map(_resident, servers)),
        processes=len(controller.children(recursive=True)) + 1,
        descriptors=sum(process.num_fds() for process in judges),
        files=len(list(temporary.iterdir())),
        semaphores=len(os.listdir("/dev/shm")),
    )


def _resident(process: psutil.Process) -> float:
    return float(process.memory_info().rss / 2**20)


def _left(mark: str, folder: Path, timeout: float = 15) -> list[str]:
    """Return the command lines of the soak's processes that still run `timeout` seconds after the session."""
    end, looks = time.monotonic() + timeout, LOOKS
    while looks and time.monotonic() < end:
        left = list(_ours(mark, folder))
        looks = LOOKS if left else looks - 1
        time.sleep(0.05)
    return left


def _ours(mark: str, folder: Path) -> Iterator[str]:
    """Yield the processes that are marked, and those whose working directory is a home of this soak's runners."""
    for status in Path("/proc").glob("[0-9]*"):
        try:
            mine = mark.encode() in (status / "environ").read_bytes()
            if mine or os.readlink(status / "cwd").startswith(str(folder / "tmp")):
                yield (status / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue


if __name__ == "__main__":
    if shutil.disk_usage(tempfile.gettempdir()).free < 2 << 30:
        sys.exit("a soak needs 2 GiB of free space for temporary files")
    sys.exit(main())
