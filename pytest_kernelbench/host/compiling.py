"""Settings of runners: of those that a session's settings ask for, and of those that compile and launch nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pytest_kernelbench.host.process import RunnerSettings
from pytest_kernelbench.model.judging import JudgingSettings
from pytest_kernelbench.model.origin import Origin
from pytest_kernelbench.wire.device_names import COMPILE

MEMORY = 16 << 30
"""Bytes of address space that the compiler may use beyond what torch and Triton need."""

START_SECONDS = 60
"""Seconds in which a fork server starts even on a busy machine."""


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
