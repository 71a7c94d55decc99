"""What else goes on on a GPU while it is timed: other processes, throttling, power. Needs the extra `gpu`.

Clocks are never set. What spoils a block has a name, and the block is left out under that name; a power cap is noted
only, since it is the ordinary state of large products, and the order of the blocks cancels it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

BAD = {0x8: "hardware slowdown", 0x20: "thermal slowdown (software)", 0x40: "thermal slowdown (hardware)",
       0x80: "power brake"}  # fmt: skip
"""Bits of NVML's clock event reasons that spoil a measurement (nvmlClocksEventReasonHwSlowdown and so on)."""

POWER_CAP = 0x4
"""The bit of nvmlClocksEventReasonSwPowerCap."""

VIOLATIONS = {"power": "NVML_PERF_POLICY_POWER", "thermal": "NVML_PERF_POLICY_THERMAL"}
"""Counters of the nanoseconds for which clocks were held down, by NVML's name: a poll can miss what these do not."""

IDLE_PERCENT, IDLE_POLLS, BETWEEN_POLLS = 5, 3, 0.1
"""A GPU is idle below this utilisation, in so many polls, seconds apart."""


@dataclass(frozen=True, slots=True)
class State:
    """One look at the GPU."""

    reasons: int = 0
    """NVML's clock event reasons."""
    foreign: tuple[int, ...] = ()
    """Process ids with a context that are not ours."""
    violations: dict[str, int] = field(default_factory=dict)
    """Nanoseconds since the driver was loaded."""
    clock: int = 0
    """MHz of the multiprocessors."""
    temperature: int = 0
    """Degrees Celsius."""


class Watch:
    """Looks at one GPU; where NVML or a part of it is absent, it sees nothing wrong."""

    def __init__(self, uuid: str, library: Any = None, sleep: Callable[[float], None] = time.sleep) -> None:
        """`uuid` is the GPU's, or a MIG instance's; `library` is `pynvml`, imported where it is not given."""
        self.library = library or _library()
        self.sleep = sleep
        self.handle: Any = None
        self.ours: set[int] = set()
        """Process ids of runners, beside this process."""
        self.notes: dict[str, None] = {}
        """What readers should know, and what spoils nothing."""
        self._last = State()
        if self.library is not None:
            self._enter(uuid)

    @property
    def works(self) -> bool:
        """Whether anything can be seen."""
        return self.handle is not None

    def busy(self) -> list[str]:
        """Return why timing should wait: foreign processes, or a GPU that works for somebody unseen."""
        if not self.works:
            return []
        state = self.look()
        causes = [_others(state.foreign)] if state.foreign else []
        if not causes and all(self._utilisation() >= IDLE_PERCENT for _ in range(IDLE_POLLS)):
            causes.append(f"the GPU is at {self._utilisation()} % before anything is timed")
        return [*causes, *(f"throttling: {name}" for name in bad(state.reasons))]

    def since(self) -> str | None:
        """Return why what was measured since the last call is to be left out, if anything; take notes."""
        before, self._last = self._last, self.look()
        self.notes |= dict.fromkeys(notes(before, self._last))
        return next(iter(causes(before, self._last)), None)

    def look(self) -> State:
        """Return the state of the GPU now."""
        if not self.works:
            return State()
        mine = {os.getpid(), *self.ours}
        running = self._ask(("nvmlDeviceGetComputeRunningProcesses_v3", "nvmlDeviceGetComputeRunningProcesses")) or []
        return State(
            reasons=self._ask(("nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetCurrentClocksThrottleReasons"))
            or 0,
            foreign=tuple(sorted(process.pid for process in running if process.pid not in mine)),
            violations={
                name: time for name, policy in VIOLATIONS.items() if (time := self._violation(policy)) is not None
            },
            clock=self._ask(("nvmlDeviceGetClockInfo",), getattr(self.library, "NVML_CLOCK_SM", 1)) or 0,
            temperature=self._ask(("nvmlDeviceGetTemperature",), getattr(self.library, "NVML_TEMPERATURE_GPU", 0)) or 0,
        )

    def close(self) -> None:
        """Let go of NVML."""
        if self.works:
            self.handle = None
            self.library.nvmlShutdown()

    def _enter(self, uuid: str) -> None:
        try:
            self.library.nvmlInit()
        except self.library.NVMLError:
            return
        try:
            self.handle = self.library.nvmlDeviceGetHandleByUUID(uuid)
        except self.library.NVMLError:
            self.library.nvmlShutdown()

    def _ask(self, names: tuple[str, ...], *arguments: Any) -> Any:
        """Return the answer of the first of some functions that this NVML has and this GPU supports."""
        for name in names:
            function = getattr(self.library, name, None)
            if function is None:
                continue
            try:
                return function(self.handle, *arguments)
            except self.library.NVMLError:
                continue
        return None

    def _utilisation(self) -> int:
        self.sleep(BETWEEN_POLLS)
        rates = self._ask(("nvmlDeviceGetUtilizationRates",))
        return int(rates.gpu) if rates is not None else 0

    def _violation(self, policy: str) -> int | None:
        status = self._ask(("nvmlDeviceGetViolationStatus",), getattr(self.library, policy, None))
        return None if status is None else int(status.violationTime)


def causes(before: State, after: State) -> list[str]:
    """Return why what was measured between two looks is to be left out."""
    found = [f"throttling: {name}" for name in bad(before.reasons | after.reasons)]
    appeared = tuple(pid for pid in after.foreign if pid not in before.foreign)
    if appeared:
        found.append(_others(appeared))
    hot = after.violations.get("thermal", 0)
    if not found and hot > before.violations.get("thermal", hot):
        found.append("throttling: thermal, between two looks")
    return found


def notes(before: State, after: State) -> list[str]:
    """Return what a reader should know and what spoils nothing."""
    capped = (before.reasons | after.reasons) & POWER_CAP
    held = after.violations.get("power", 0) > before.violations.get("power", after.violations.get("power", 0))
    return ["clocks were held down by the power cap"] if capped or held else []


def bad(reasons: int) -> list[str]:
    """Return the names of the reasons that spoil a measurement."""
    return [name for bit, name in BAD.items() if reasons & bit]


def _others(pids: tuple[int, ...]) -> str:
    return f"other processes on the GPU: {', '.join(map(str, pids))}"


def _library() -> Any:
    try:
        import pynvml
    except ImportError:
        return None
    return pynvml
