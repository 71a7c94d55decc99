"""Settings of runners: those that a session asks for, and those of runners that compile and launch nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from pytest_kernelbench.model.judging import JudgingSettings
from pytest_kernelbench.model.origin import Origin
from pytest_kernelbench.wire.device_names import COMPILE, INTERPRETER

MEMORY = 16 << 30
"""Bytes of address space that the compiler may use beyond what torch and Triton need."""

START_SECONDS = 60
"""Seconds in which a fork server starts even on a busy machine."""


@dataclass(frozen=True, slots=True)
class RunnerSettings:
    """The device and the limits of a runner."""

    device: str = INTERPRETER
    """Name of the device, as in `wire.device_names`."""
    memory: int = 4 << 30
    """Bytes of address space on top of what torch and Triton need; ignored on a GPU, where it cannot be limited."""
    file_size: int = 256 << 20
    """Bytes of the largest file that the kernel may write."""
    space: int = 1 << 30
    """Bytes of all files of the kernel together."""
    cpu: int | None = 24 * 3600
    """Seconds of CPU time of all threads together, after which Linux ends the runner even if the judge is gone.

    None for runners that are timed: under a limit, Linux counts CPU time in scheduler ticks, which is too coarse.
    """
    sandbox: str = "best"
    """One of `model.judging.SANDBOX_MODES`."""
    origin: Origin | None = None
    """Where a named kernel is imported from; None for a kernel whose code the judge sends."""
    paths: tuple[str, ...] = ()
    """Folders outside of the sandbox that the kernel may read and import from."""
    environment: tuple[tuple[str, str], ...] = ()
    """Environment variables that the user gives the kernel, by name."""


def confined(judging: JudgingSettings, origin: Origin | None, **limits: Any) -> RunnerSettings:
    """Return the settings of the runner of a kernel, as a session's settings have them; `limits` are other fields."""
    return RunnerSettings(
        judging.runner_device,
        sandbox=judging.sandbox,
        origin=origin,
        paths=judging.paths,
        environment=judging.environment,
        **limits,
    )


def compiling(target: str, settings: RunnerSettings | None = None) -> RunnerSettings:
    """Return the settings of a runner that compiles for a target, such as `sm_90`, confined as another one is."""
    return replace(settings or RunnerSettings(), device=f"{COMPILE}{target}", memory=MEMORY)
