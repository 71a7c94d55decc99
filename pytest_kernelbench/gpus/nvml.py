"""Monitor a GPU during timing: other processes, throttling, power. Needs the extra `gpu`.

Clocks are never changed. A block during which the GPU was disturbed is left out, with the cause. A power cap is only
noted: it is normal for large matrix products, and interleaving cancels its effect.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DISTURBING = {0x8: "hardware slowdown", 0x20: "thermal slowdown (software)", 0x40: "thermal slowdown (hardware)",
       0x80: "power brake"}  # fmt: skip
"""Clock event reasons of NVML that invalidate a measurement, by bit (nvmlClocksEventReasonHwSlowdown and so on)."""

POWER_CAP = 0x4
"""Bit of nvmlClocksEventReasonSwPowerCap."""

VIOLATIONS = {"power": "NVML_PERF_POLICY_POWER", "thermal": "NVML_PERF_POLICY_THERMAL"}
"""NVML's counters of nanoseconds with reduced clocks, which also cover the time between two samples."""

IDLE_PERCENT, IDLE_POLLS, BETWEEN_POLLS = 5, 3, 0.1
"""A GPU counts as idle below this utilisation in any of this many polls, this many seconds apart."""

WORKER = "PYTEST_XDIST_WORKER"
"""Environment variable of a worker of pytest-xdist, whose parent has started all workers."""


@dataclass(frozen=True, slots=True)
class State:
    """One reading of a GPU: throttling, foreign processes, clock and temperature."""

    reasons: int = 0
    """Clock event reasons of NVML, as bits."""
    foreign: tuple[int, ...] = ()
    """Ids of processes other than ours that have a context on the GPU."""
    violations: dict[str, int] = field(default_factory=dict)
    """Nanoseconds with reduced clocks since the driver was loaded, by cause as in `VIOLATIONS`."""
    clock: int = 0
    """Clock of the multiprocessors in MHz."""
    temperature: int = 0
    """Temperature in degrees Celsius."""


class GpuMonitor:
    """Monitors one GPU; what NVML does not provide on this machine counts as undisturbed."""

    def __init__(
        self,
        uuid: str,
        library: Any = None,
        sleep: Callable[[float], None] = time.sleep,
        ancestors: Callable[[int], list[int]] | None = None,
    ) -> None:
        """`uuid` is that of a GPU or a MIG instance; tests replace `pynvml`, the pause and `ancestors`."""
        self.library = library or _library()
        self.ancestors = ancestors or ancestors_of
        self.sleep = sleep
        self.handle: Any = None
        self.ours: set[int] = set()
        """Ids of our processes; all that this process has started are added when they are seen."""
        self.notes: dict[str, None] = {}
        """Notes for the reader that do not invalidate the measurement."""
        self._last = State()
        if self.library is not None:
            self._enter(uuid)

    @property
    def works(self) -> bool:
        """Whether NVML is available and knows the GPU."""
        return self.handle is not None

    def busy(self) -> list[str]:
        """Return causes that disturb timing from the start: other processes, utilisation by hidden ones, throttling."""
        if not self.works:
            return []
        state = self.look()
        causes = [_others(state.foreign)] if state.foreign else []
        if not causes and all(self._utilisation() >= IDLE_PERCENT for _ in range(IDLE_POLLS)):
            causes.append(f"the GPU is at {self._utilisation()} % utilisation before timing starts")
        return [*causes, *(f"throttling: {name}" for name in disturbing(state.reasons))]

    def since(self) -> str | None:
        """Return why the block since the last call must be left out, or None; adds to `notes`."""
        before, self._last = self._last, self.look()
        self.notes |= dict.fromkeys(notes(before, self._last))
        return next(iter(causes(before, self._last)), None)

    def look(self) -> State:
        """Return the current state of the GPU."""
        if not self.works:
            return State()
        running = self._ask(("nvmlDeviceGetComputeRunningProcesses_v3", "nvmlDeviceGetComputeRunningProcesses")) or []
        return State(
            reasons=self._ask(("nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetCurrentClocksThrottleReasons"))
            or 0,
            foreign=self._foreign([process.pid for process in running]),
            violations={
                name: time for name, policy in VIOLATIONS.items() if (time := self._violation(policy)) is not None
            },
            clock=self._ask(("nvmlDeviceGetClockInfo",), getattr(self.library, "NVML_CLOCK_SM", 1)) or 0,
            temperature=self._ask(("nvmlDeviceGetTemperature",), getattr(self.library, "NVML_TEMPERATURE_GPU", 0)) or 0,
        )

    def close(self) -> None:
        """Shut NVML down; closing twice does nothing."""
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
        """Call the first of these functions that NVML has and the GPU supports; None where there is none."""
        for name in names:
            function = getattr(self.library, name, None)
            if function is None:
                continue
            try:
                return function(self.handle, *arguments)
            except self.library.NVMLError:
                continue
        return None

    def _foreign(self, listed: list[int]) -> tuple[int, ...]:
        """Return the listed processes that are not ours: not this one, none that it started, and none of theirs.

        In a worker of pytest-xdist, those of the other workers are ours, too: they use the GPU only in their turns.

        Where processes of ours are listed by the ids that they have here, an id that no process has here is that of one
        that has just ended.
        """
        own = os.getpid()
        judges = {own, os.getppid()} if WORKER in os.environ else {own}
        self.ours |= {pid for pid in listed if pid not in self.ours and not judges.isdisjoint(self.ancestors(pid))}
        seen = not {own, *self.ours}.isdisjoint(listed)
        ended = {pid for pid in listed if seen and not self.ancestors(pid)}
        return tuple(sorted({*listed} - self.ours - ended - {own}))

    def _utilisation(self) -> int:
        """Return the utilisation in percent, after a pause."""
        self.sleep(BETWEEN_POLLS)
        rates = self._ask(("nvmlDeviceGetUtilizationRates",))
        return int(rates.gpu) if rates is not None else 0

    def _violation(self, policy: str) -> int | None:
        """Return one of the counters of `VIOLATIONS`."""
        status = self._ask(("nvmlDeviceGetViolationStatus",), getattr(self.library, policy, None))
        return None if status is None else int(status.violationTime)


def ancestors_of(pid: int) -> list[int]:
    """Return the ids of a process, its parent, the parent of that, and so on; empty where there is no such process."""
    found: list[int] = []
    while pid > 0:
        try:
            status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            break
        found.append(pid)
        # The name of the program, in parentheses, may have spaces and parentheses in it.
        pid = int(status.rpartition(")")[2].split()[1])
    return found


def causes(before: State, after: State) -> list[str]:
    """Return why a measurement between two samples is invalid; empty where it is valid."""
    found = [f"throttling: {name}" for name in disturbing(before.reasons | after.reasons)]
    appeared = tuple(pid for pid in after.foreign if pid not in before.foreign)
    if appeared:
        found.append(_others(appeared))
    hot = after.violations.get("thermal", 0)
    if not found and hot > before.violations.get("thermal", hot):
        found.append("throttling: thermal, between two samples")
    return found


def notes(before: State, after: State) -> list[str]:
    """Return notes for the reader about the time between two samples."""
    capped = (before.reasons | after.reasons) & POWER_CAP
    held = after.violations.get("power", 0) > before.violations.get("power", after.violations.get("power", 0))
    return ["clocks were limited by the power cap"] if capped or held else []


def disturbing(reasons: int) -> list[str]:
    """Return the names of the reasons that invalidate a measurement."""
    return [name for bit, name in DISTURBING.items() if reasons & bit]


def _others(pids: tuple[int, ...]) -> str:
    return f"other processes on the GPU: {', '.join(map(str, pids))}"


def _library() -> Any:
    try:
        import pynvml
    except ImportError:
        return None
    return pynvml
