"""Runners that compile what a kernel launches, and launch nothing."""

from __future__ import annotations

from pytest_kernelbench.host.process import RunnerSettings
from pytest_kernelbench.model.origin import Origin
from pytest_kernelbench.wire.device_names import COMPILE

MEMORY = 16 << 30
"""Bytes of address space that the compiler may use beyond what torch and Triton need."""

START_SECONDS = 60
"""Seconds in which a fork server starts even on a busy machine."""


def compiling(
    target: str, sandbox: str = "best", origin: Origin | None = None, paths: tuple[str, ...] = ()
) -> RunnerSettings:
    """Return the settings of a runner that compiles for a target, such as `sm_90`."""
    return RunnerSettings(f"{COMPILE}{target}", memory=MEMORY, sandbox=sandbox, origin=origin, paths=paths)
