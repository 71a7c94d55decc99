"""`pytest-kernelbench doctor`: what is here, whether it works, and what to do about what does not.

Nothing is taken from versions alone where it can be tried: a kernel is interpreted and compiled for every target, and a
child tries what the sandbox must refuse.
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_kernelbench.devices.listing import every, gpus, torch_has_cuda
from pytest_kernelbench.model import cache
from pytest_kernelbench.model.catalogue import CATEGORIES
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.targets import TARGETS
from pytest_kernelbench.runner import landlock
from pytest_kernelbench.runner.attempts import measures

if TYPE_CHECKING:
    from pytest_kernelbench.model.case import Case
    from pytest_kernelbench.runner.child import RunnerSettings
    from pytest_kernelbench.runner.client import Runner

Version = Callable[[str], str]

OK, NOTE, BAD = "ok", "note", "bad"
"""Levels of a fact: as it should be; something cannot be had here; kernels cannot be judged."""

NEEDED: Mapping[str, tuple[str, str]] = {
    "torch": ("2.6", "nothing can be judged without it: pip install torch"),
    "pytest": ("8.3", "pip install -U pytest"),
    "hypothesis": ("6.100", "pip install -U hypothesis"),
}
"""Packages without which there is no verdict: the oldest version that works, and what to do."""

WANTED: Mapping[str, tuple[str, str]] = {
    "triton": ("3.2", "kernels in Triton need it: pip install triton (Linux only)"),
    "pytest-xdist": ("3.6", "-n needs it: pip install -U pytest-xdist"),
    "pytest-benchmark": ("5.2", "its tables and files of speed need it: pip install 'pytest-benchmark>=5.2,<6'"),
}
"""Packages without which something is missing."""

TROUBLE: Mapping[str, str] = {
    "flaky": "it judges a kernel again that was not right, and counts the better answer: -p no:flaky",
    "pytest-codspeed": "--codspeed deselects all kernels: it runs benchmarks of its own alone",
    "pytest-forked": "--forked loses what is found out about a kernel, which is then an `error`; leave it off",
    "pytest-rerunfailures": "--reruns judges a kernel again until it passes by chance; leave it off for kernels",
    "pytest-retry": "--retries ends the session with an internal error: it knows test functions alone",
    "pytest-timeout": "--timeout ends the judge, and sometimes the session; kernels have --kb-timeout",
}
"""Plugins of pytest that get in the way when they are asked to do something, and how; each was tried."""

COPY = """
import torch, triton
import triton.language as tl

@triton.jit
def copy(x, y, size, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(y + at, tl.load(x + at, mask=at < size), mask=at < size)

def work(x):
    y = torch.empty_like(x)
    copy[(triton.cdiv(x.numel(), 64),)](x, y, x.numel(), BLOCK=64)
    return y
"""
"""The kernel that is tried."""

PARAMETERS = [("x", "POSITIONAL_OR_KEYWORD")]
"""Its signature, as runners are told."""

PATIENCE = 120.0
"""Seconds that one try may take; the first waits for torch and Triton."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that was looked at."""

    name: str
    found: str
    level: str = OK
    advice: str = ""

    def __str__(self) -> str:
        """Return one line, and a second one with what to do."""
        mark = {OK: " ", NOTE: "-", BAD: "!"}[self.level]
        line = f"{mark} {self.name:<26} {self.found}"
        return f"{line}\n{'':<29}-> {self.advice}" if self.advice else line


def facts(tasks: int, *, version: Version = version) -> Iterator[Fact]:
    """Yield what was found, as it is found; trying takes some ten seconds."""
    yield from _python()
    yield from _packages(version)
    yield from _plugins()
    yield from _gpus()
    yield from _places()
    whole = sum(CATEGORIES.values())
    short = "tasks are missing from the installation: install again" if not tasks else ""
    yield Fact("tasks", f"{tasks} of {whole}", BAD if short else OK, short)
    if all(_installed(version, name) for name in ("torch", "triton")):
        yield from _tries()
    yield from _sandbox()


def _python() -> Iterator[Fact]:
    here = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    if sys.platform != "linux":
        yield Fact("Python", here, BAD, "runners need Linux: use a container or a virtual machine")
    else:
        yield Fact("Python", here)
    fusion = os.environ.get("TRITON_DEFAULT_FP_FUSION")
    yield Fact("TRITON_DEFAULT_FP_FUSION", "not set: kernels are compiled with 1" if fusion is None else fusion)
    if os.environ.get("TRITON_INTERPRET"):
        yield Fact("TRITON_INTERPRET", "set", NOTE, "it is of no account here: runners are told apart by --kb-device")


def _packages(version: Version) -> Iterator[Fact]:
    yield Fact("pytest-kernelbench", _installed(version, "pytest-kernelbench") or "not installed as a package")
    for packages, level in ((NEEDED, BAD), (WANTED, NOTE)):
        for name, (oldest, advice) in packages.items():
            found = _installed(version, name)
            if found is None:
                yield Fact(name, "not installed", level, advice)
            elif _numbers(found) < _numbers(oldest):
                yield Fact(name, found, level, f"older than {oldest}: {advice}")
            else:
                yield Fact(name, found)


def _plugins() -> Iterator[Fact]:
    installed = {dist.name for dist in distributions() if any(each.group == "pytest11" for each in dist.entry_points)}
    inside = sorted(TROUBLE.keys() & installed)
    if not inside:
        yield Fact("plugins of pytest", f"{len(installed)}, none known to get in the way")
    for name in inside:
        yield Fact(f"plugin {name}", "installed", NOTE, TROUBLE[name])


def _gpus() -> Iterator[Fact]:
    try:
        mine, there = gpus(), every()
    except KernelBenchError as error:
        yield Fact("GPUs", "not certain", BAD, str(error))
        return
    if not mine:
        hidden = f"{len(there)} hidden by CUDA_VISIBLE_DEVICES={os.environ.get('CUDA_VISIBLE_DEVICES')}"
        advice = "kernels are interpreted, and compiled with --kb-target; speed needs a GPU"
        yield Fact("GPUs", hidden if there else "none", NOTE, advice)
        return
    for gpu in mine:
        memory = f", {gpu.memory / 2**30:.0f} GiB" if gpu.memory else ""
        yield Fact(f"GPU {gpu.index}", f"{gpu.model}{memory}, driver {gpu.driver or 'unknown'} (gpu_{gpu.slug})")
    if not torch_has_cuda():
        yield Fact("torch on a GPU", "no", BAD, "this torch was built without CUDA: install the build for your driver")
    try:
        import pynvml  # noqa: F401
    except ImportError:
        advice = "a throttled or busy GPU goes unnoticed: pip install 'pytest-kernelbench[gpu]'"
        yield Fact("nvidia-ml-py", "not installed", NOTE, advice)


def _places() -> Iterator[Fact]:
    folder = Path(tempfile.gettempdir())
    system = os.statvfs(folder)
    room = f"{folder}, {system.f_bavail * system.f_frsize / 2**30:.0f} GiB free"
    if system.f_flag & os.ST_NOEXEC:
        advice = "Triton loads libraries that it builds there: set TMPDIR to a folder without noexec"
        yield Fact("temporary files", f"{room}, noexec", BAD, advice)
    else:
        yield Fact("temporary files", room)
    kept = cache.folder("compile")
    here = next(path for path in (kept, *kept.parents) if path.exists())
    writable = os.access(here, os.W_OK)
    advice = "" if writable else "nothing is remembered between sessions: set XDG_CACHE_HOME to a folder of yours"
    yield Fact("cache", str(kept.parent), OK if writable else NOTE, advice)


def _tries() -> Iterator[Fact]:
    """Interpret a kernel, and compile it for every target."""
    said = _interpreted()
    advice = "kernels cannot be judged without a GPU: is this pair of torch and Triton one that works together?"
    yield Fact("interpreter", said or "works", BAD if said else OK, advice if said else "")
    broken = {name: why for name in TARGETS if (why := _compiled(name))}
    fine = [name for name in TARGETS if name not in broken]
    if fine:
        yield Fact("compiles for", ", ".join(fine))
    for name, why in broken.items():
        yield Fact(f"compiles for {name}", "no", NOTE, why)


def _interpreted() -> str:
    """Return what went wrong when a kernel was interpreted, or nothing."""
    from pytest_kernelbench.runner.child import RunnerSettings

    def use(runner: Runner, case: Case) -> str:
        answer = runner.call(case, PARAMETERS, most=1 << 10, seconds=PATIENCE)
        return "" if answer.status == "ok" else f"{answer.status}: {answer.message}"

    return _tried(RunnerSettings(), use)


def _compiled(target: str) -> str:
    """Return why a kernel does not compile for a target, or nothing."""
    from pytest_kernelbench.judge.compiling import MEMORY
    from pytest_kernelbench.model.targets import targets
    from pytest_kernelbench.runner.child import RunnerSettings
    from pytest_kernelbench.runner.workplaces import COMPILE

    def use(runner: Runner, case: Case) -> str:
        errors: list[str] = []
        said = runner.compile(
            case, PARAMETERS, driver="call", seconds=PATIENCE, seen=lambda seen: errors.append(seen.get("error") or "")
        )
        raised = said.get("raised") or {}
        return str(raised.get("message", "")) or "".join(errors)

    try:
        targets(target)
    except KernelBenchError as error:
        return str(error)
    return _tried(RunnerSettings(f"{COMPILE}{target}", memory=MEMORY), use)


def _tried(settings: RunnerSettings, use: Callable[[Runner, Case], str]) -> str:
    """Return what `use` says of a runner that has the kernel, or why there is none."""
    from pytest_kernelbench.model.case import Case, Tensor
    from pytest_kernelbench.runner.child import RunnerDied
    from pytest_kernelbench.runner.client import Runner

    runner = Runner(settings)
    try:
        loaded = runner.load(COPY, "work.py", ["work"], PATIENCE)
        return use(runner, Case(x=Tensor((100,)))) if loaded.status == "ok" else f"{loaded.status}: {loaded.message}"
    except RunnerDied as death:
        return str(death)
    finally:
        runner.close()


def _sandbox() -> Iterator[Fact]:
    number = landlock.version()
    yield Fact("Landlock", f"version {number}" if number else "not there")
    for measure in measures():
        name = f"sandbox: {measure.name}"
        if measure.holds:
            yield Fact(name, "holds")
        else:
            yield Fact(name, measure.broken, NOTE, f"a kernel must {measure.advice}")


def _installed(version: Version, package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.partition("+")[0].split(".")[:2] if part.isdigit())
