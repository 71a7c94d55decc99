"""The sections of `on_a_gpu.py`, the most valuable first."""

from __future__ import annotations

import importlib.metadata
import inspect
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import gpu_timers

ROOT = Path(__file__).resolve().parents[1]

FAMILIES = ("relu", "softmax", "sum", "matmul", "conv2d", "batch_norm", "cross_entropy", "index_select",
            "adaptive_avg_pool2d")  # fmt: skip
"""One task of each family."""

ITSELF = 40
"""Number of tasks on which eager PyTorch is timed against itself."""

TRUSTED = ("--kb-sandbox=off",)
"""Options for kernels that are references: these import parts of this package that the sandbox hides from kernels."""

WORKERS = ("-n", str(max(1, (os.cpu_count() or 2) - 2)))
"""Options of pytest-xdist where nothing is timed."""

QUIET = ("--no-header", "--tb=line", "-p", "no:cacheprovider", "-p", "no:benchmark", "-p", "no:randomly")
"""Options of pytest for all sections."""


@dataclass(frozen=True)
class Section:
    """A part of the report."""

    function: Callable[[], None]
    seconds: float
    """Seconds that it may take where there is time for all."""
    needs_gpu: bool = False
    """Whether only a GPU can run it."""
    needs_kernels: bool = False
    """Whether it judges the kernels of a folder on the command line."""

    @property
    def about(self) -> str:
        """What it is about, in Markdown."""
        return inspect.getdoc(self.function) or ""

    def missing(self, device: str) -> str | None:
        """Return what it lacks on this device; None if nothing."""
        if self.needs_gpu and device != "cuda":
            return "it needs a GPU"
        return "no --kernels" if self.needs_kernels and not os.environ.get("KB_BENCHMARK_KERNELS") else None

    def run(self) -> None:
        """Run it and print what it finds."""
        self.function()


def first_run() -> None:
    """The first kernel on fresh caches of Triton, torch and this package: it must be judged like any other."""
    caches = tempfile.mkdtemp(prefix="fresh-")
    fresh = dict.fromkeys(("TRITON_CACHE_DIR", "TRITON_HOME", "XDG_CACHE_HOME", "HOME"), caches)
    if _device() == "cuda":
        options = ("submissions/examples/Activation/sigmoid.py", "-m", "correctness", "--kb-examples=0")
        _judge("examples", *options, environ=fresh)
    else:
        _judge(str(references(("sigmoid",))), *TRUSTED, "-m", "correctness", "--kb-examples=0", environ=fresh)


def families() -> None:
    """The reference of one task of each family, timed against itself: every verdict should be `same`."""
    _time(references(FAMILIES), one_workload=True)


def against_itself() -> None:
    """Eager PyTorch against itself on more tasks: no `faster`, no `slower`."""
    _time(references(_spread(ITSELF)), one_workload=True)


def timed() -> None:
    """The examples, timed against eager PyTorch with torch.compile beside."""
    _judge("examples", "-m", "speed", "--kb-timeout=60", "--kb-baseline=eager,compile")


def sound() -> None:
    """Every reference judged as a kernel: none may be called wrong."""
    facets = "--kb-facets=basic,sizes,dtypes"
    _judge(str(references(_spread(None))), *TRUSTED, *WORKERS, "-m", "correctness", facets, "--kb-examples=0")


def labelled() -> None:
    """The kernels of the folder `--kernels`, judged on `basic`."""
    folder = os.environ["KB_BENCHMARK_KERNELS"]
    _judge(folder, *WORKERS, "-m", "correctness", "--kb-facets=basic", "--kb-examples=0")


def everything() -> None:
    """A submission of all tasks, all stages, as a user runs it: its time is what counts."""
    started = time.monotonic()
    _judge(str(references(_spread(None))), *TRUSTED, *WORKERS)
    print(f"all stages of all tasks: {time.monotonic() - started:.0f} s")


def tests() -> None:
    """The tests that need a GPU."""
    _pytest("tests/gpu", "-m", "gpu", "-q", "--no-header", "-p", "no:cacheprovider")


SECTIONS: dict[str, Section] = {
    "first_run": Section(first_run, 40),
    "families": Section(families, 80),
    "against_itself": Section(against_itself, 120),
    "agreement": Section(gpu_timers.agreement, 30, needs_gpu=True),
    "timed": Section(timed, 80, needs_gpu=True),
    "sound": Section(sound, 80),
    "labelled": Section(labelled, 60, needs_kernels=True),
    "everything": Section(everything, 600),
    "roofline": Section(gpu_timers.roofline, 40, needs_gpu=True),
    "gate": Section(gpu_timers.gate, 20, needs_gpu=True),
    "events": Section(gpu_timers.events, 20, needs_gpu=True),
    "rotation": Section(gpu_timers.rotation, 20, needs_gpu=True),
    "clock": Section(gpu_timers.clock, 20, needs_gpu=True),
    "tests": Section(tests, 90, needs_gpu=True),
}
"""The sections in their order."""


def references(names: Sequence[str]) -> Path:
    """Write a submission of the references of some tasks, and return its folder."""
    from pytest_kernelbench.model.catalogue import Catalogue

    folder = Path(tempfile.mkdtemp(prefix="references-"))
    (folder / "submission.toml").write_text('language = "torch"\n', encoding="utf-8")
    files = Catalogue.find().names()
    for name in names:
        text = files[name].path.read_text(encoding="utf-8") + f"\n{name} = task.reference\n"
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return folder


def _spread(count: int | None) -> list[str]:
    """Return so many tasks from all categories, or with None all."""
    from pytest_kernelbench.model.catalogue import Catalogue

    names = [*Catalogue.find().names()]
    return names[:: max(1, len(names) // count)][:count] if count else names


def _time(folder: Path, *, one_workload: bool) -> None:
    """Time the references in a folder, on the first workload of each."""
    from pytest_kernelbench.model.catalogue import Catalogue

    catalogue, options = Catalogue.find(), ["-m", "speed", "--kb-timeout=60"]
    if one_workload:
        items = [(path, next(iter(catalogue.load(path.stem).workloads), None)) for path in sorted(folder.glob("*.py"))]
        options += [f"{path}::speed[{workload}]" for path, workload in items if workload is not None]
    _judge(str(folder), *TRUSTED, *options)


def _judge(submission: str, *options: str, environ: dict[str, str] | None = None) -> None:
    """Run pytest on a submission; what its records say is in the report also where this is cut."""
    results = os.environ["KB_BENCHMARK_RESULTS"]
    asked = (f"--kb-submission={submission}", f"--kb-device={_device()}", f"--kb-results={results}")
    _pytest(*asked, "-v", *QUIET, *options, environ=environ)


def _device() -> str:
    return os.environ.get("KB_BENCHMARK_DEVICE", "cuda")


def _pytest(*options: str, environ: dict[str, str] | None = None) -> None:
    """Run pytest and show its output, so that the last line says which test it was in."""
    command = [sys.executable, "-m", "pytest"]
    try:
        importlib.metadata.version("pytest-kernelbench")
    except importlib.metadata.PackageNotFoundError:
        command += ["-p", "pytest_kernelbench.plugin"]
    done = subprocess.run([*command, *options], cwd=ROOT, check=False, env={**os.environ, **(environ or {})})
    print(f"\nexit status {done.returncode}")
