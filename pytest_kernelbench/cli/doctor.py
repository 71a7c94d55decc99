"""`pytest-kernelbench doctor`: what this machine has for judging kernels, whether it works, and what to do if not.

What can be tried is tried: `doctor_trials` interprets a kernel and compiles it for every target, and a child process
attempts what the sandbox must refuse.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_kernelbench.cli import doctor_trials
from pytest_kernelbench.cli.arguments import add_tasks, catalogue_of
from pytest_kernelbench.cli.check_tasks import check_tasks
from pytest_kernelbench.gpus.inventory import every, gpus, torch_has_cuda
from pytest_kernelbench.model import cache
from pytest_kernelbench.model.catalogue import CATEGORIES
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.targets import TARGETS
from pytest_kernelbench.sandbox import landlock
from pytest_kernelbench.sandbox.self_test import measures

if TYPE_CHECKING:
    from pytest_kernelbench.cli.arguments import Commands

Version = Callable[[str], str]

OK, NOTE, BAD = "ok", "note", "bad"
"""Levels of a fact: it works; a feature is not available; kernels cannot be judged."""

NEEDED: Mapping[str, tuple[str, str]] = {
    "torch": ("2.6", "no kernel can be judged without it: pip install torch"),
    "pytest": ("8.3", "pip install -U pytest"),
    "hypothesis": ("6.100", "pip install -U hypothesis"),
}
"""Packages that every verdict needs: the oldest version that works, and how to install it."""

RECOMMENDED: Mapping[str, tuple[str, str]] = {
    "triton": ("3.2", "kernels in Triton need it: pip install triton (Linux only)"),
    "pytest-xdist": ("3.6", "-n needs it: pip install -U pytest-xdist"),
    "pytest-benchmark": ("5.2", "tables and files of speed need it: pip install 'pytest-benchmark>=5.2,<6'"),
}
"""Packages that some features need: the oldest version that works, and how to install it."""

CONFLICTS: Mapping[str, str] = {
    "flaky": "it judges a failed kernel again and keeps the better result: use -p no:flaky",
    "pytest-codspeed": "--codspeed deselects all kernels: it runs only its own benchmarks",
    "pytest-forked": "--forked loses the record of a kernel, which becomes an `error`: do not use it",
    "pytest-rerunfailures": "--reruns judges a kernel again until it passes by chance: do not use it for kernels",
    "pytest-retry": "--retries ends the session with an internal error: it supports test functions only",
    "pytest-timeout": "--timeout ends the judge, and sometimes the session: use --kb-timeout for kernels",
}
"""Plugins of pytest whose options conflict with judging kernels, and how; each was tried."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One result of the doctor."""

    name: str
    found: str
    level: str = OK
    """One of `OK`, `NOTE` and `BAD`."""
    advice: str = ""
    """What to do about it; empty where nothing need be done."""

    def __str__(self) -> str:
        """Return one line, and a second one with the advice."""
        mark = {OK: " ", NOTE: "-", BAD: "!"}[self.level]
        line = f"{mark} {self.name:<26} {self.found}"
        return f"{line}\n{'':<29}-> {self.advice}" if self.advice else line


def declare(commands: Commands) -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser("doctor", help="try everything that kernels need here, and say how to repair the rest")
    parser.add_argument("--check-tasks", action="store_true", help="also run every reference on its fixed cases")
    add_tasks(parser)
    parser.set_defaults(command=run)


def run(arguments: argparse.Namespace) -> int:
    """Print each fact as it is found; return 1 if kernels cannot be judged or a task is faulty, else 0."""
    catalogue = catalogue_of(arguments)
    bad = False
    for fact in facts(len(catalogue.names())):
        sys.stdout.write(f"{fact}\n")
        sys.stdout.flush()
        bad |= fact.level == BAD
    faults = list(check_tasks(catalogue)) if arguments.check_tasks else []
    sys.stderr.writelines(f"pytest-kernelbench: {fault}\n" for fault in faults)
    return 1 if bad or faults else 0


def facts(tasks: int, *, version: Version = version) -> Iterator[Fact]:
    """Yield the facts as they are found; the trials take about ten seconds.

    `tasks` is the number of tasks that there are, `version` returns the installed version of a package.
    """
    yield from _python()
    yield from _packages(version)
    yield from _plugins()
    yield from _gpus()
    yield from _folders()
    advice = "" if tasks else "the installation has no tasks: install the package again"
    yield Fact("tasks", f"{tasks} of {sum(CATEGORIES.values())}", OK if tasks else BAD, advice)
    if all(_installed(version, name) for name in ("torch", "triton")):
        yield from _trials()
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
        yield Fact("TRITON_INTERPRET", "set", NOTE, "ignored here: --kb-device decides where kernels run")


def _packages(version: Version) -> Iterator[Fact]:
    yield Fact("pytest-kernelbench", _installed(version, "pytest-kernelbench") or "not installed as a package")
    for packages, level in ((NEEDED, BAD), (RECOMMENDED, NOTE)):
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
    conflicting = sorted(CONFLICTS.keys() & installed)
    if not conflicting:
        yield Fact("plugins of pytest", f"{len(installed)}, without known conflicts")
    for name in conflicting:
        yield Fact(f"plugin {name}", "installed", NOTE, CONFLICTS[name])


def _gpus() -> Iterator[Fact]:
    try:
        visible, there = gpus(), every()
    except KernelBenchError as error:
        yield Fact("GPUs", "ambiguous", BAD, str(error))
        return
    if not visible:
        hidden = f"{len(there)} hidden by CUDA_VISIBLE_DEVICES={os.environ.get('CUDA_VISIBLE_DEVICES')}"
        advice = "kernels are interpreted, and compiled with --kb-target; timing needs a GPU"
        yield Fact("GPUs", hidden if there else "none", NOTE, advice)
        return
    for gpu in visible:
        memory = f", {gpu.memory / 2**30:.0f} GiB" if gpu.memory else ""
        yield Fact(f"GPU {gpu.index}", f"{gpu.model}{memory}, driver {gpu.driver or 'unknown'} (gpu_{gpu.slug})")
    if not torch_has_cuda():
        yield Fact("torch on a GPU", "no", BAD, "this torch was built without CUDA: install the build for your driver")
    try:
        import pynvml  # noqa: F401
    except ImportError:
        advice = "a throttled or busy GPU goes unnoticed: pip install 'pytest-kernelbench[gpu]'"
        yield Fact("nvidia-ml-py", "not installed", NOTE, advice)


def _folders() -> Iterator[Fact]:
    folder = Path(tempfile.gettempdir())
    system = os.statvfs(folder)
    space = f"{folder}, {system.f_bavail * system.f_frsize / 2**30:.0f} GiB free"
    if system.f_flag & os.ST_NOEXEC:
        advice = "Triton builds libraries there and loads them: set TMPDIR to a folder without noexec"
        yield Fact("temporary files", f"{space}, noexec", BAD, advice)
    else:
        yield Fact("temporary files", space)
    cached = cache.folder("compile")
    existing = next(path for path in (cached, *cached.parents) if path.exists())
    writable = os.access(existing, os.W_OK)
    advice = "" if writable else "compilations are not cached between sessions: set XDG_CACHE_HOME to a writable folder"
    yield Fact("cache", str(cached.parent), OK if writable else NOTE, advice)


def _trials() -> Iterator[Fact]:
    """Interpret a kernel, and compile it for every target."""
    error = doctor_trials.interpret()
    advice = "kernels cannot be judged without a GPU: check that these versions of torch and Triton belong together"
    yield Fact("interpreter", error or "works", BAD if error else OK, advice if error else "")
    broken = {name: error for name in TARGETS if (error := doctor_trials.compile_for(name))}
    working = [name for name in TARGETS if name not in broken]
    if working:
        yield Fact("compiles for", ", ".join(working))
    for name, error in broken.items():
        yield Fact(f"compiles for {name}", "no", NOTE, error)


def _sandbox() -> Iterator[Fact]:
    number = landlock.version()
    yield Fact("Landlock", f"version {number}" if number else "not available")
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
