"""A simulated GPU for the judge's own code: runners and an assessor that let virtual time pass instead of working.

The latencies are assumptions. Where they come from:

- `ENTER`, `COMPILE`, `TO_HOST`: what is demanded of this simulation (4 to 5 s and 0.25 to 0.3 s were seen on an H200).
- `BANDWIDTH`, `RATES`: 4.36 TB/s, and 650 (float16), 346 (tf32), 60 (float64) TFLOP/s were seen there; a kernel reaches
  `EFFICIENCY` of them.
- `SPECIALISATIONS`: 67 were seen for a softmax in all facets. `CALL`: a call of a small case with its request.
- `REQUEST`, `LAUNCH`, `EDIT`: host time of a batch, of a launch, and of an edit of an input set.
- `THROUGH_SOCKETS`: measured between processes on a machine without a GPU. `DRAWING`, `PASSES`: how often each byte of
  inputs, and each element in float64, is read or written when inputs are drawn and results are compared.
- `SPEEDUPS`: the spread of the speedups of kernels by a language model; nearly half of them are slower than eager.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from virtual_time import Turnstile, World

from pytest_kernelbench.host.answers import Answer
from pytest_kernelbench.judge.comparison.verdict import Verdict
from pytest_kernelbench.judge.speed.assessor import Assessment, Expected
from pytest_kernelbench.judge.speed.flops_and_bytes import flops_and_bytes
from pytest_kernelbench.model.case import Case, leaves
from pytest_kernelbench.model.task import Task

ENTER, LOAD, COMPILE = 4.0, 0.3, 0.3
"""Seconds until a process has entered a GPU, of importing a kernel, and of one compilation."""

SPECIALISATIONS, TIMED_SPECIALISATIONS = 60, 3
"""Compilations of a kernel in all facets, and for one workload."""

TO_HOST, THROUGH_SOCKETS = 12e9, 1.2e9
"""Bytes per second between GPU and host, which all share, and from process to process."""

BANDWIDTH, EFFICIENCY = 4e12, 0.8
"""Bytes per second of the GPU's memory, and the share of its rates that kernels reach."""

RATES = {"float64": 50e12, "float32": 300e12, "float16": 600e12, "bfloat16": 600e12}
"""Multiplications and additions per second by dtype; float32 in TF32."""

CALL, REQUEST, LAUNCH, EDIT = 10e-3, 0.4e-3, 15e-6, 40e-6
"""Host seconds of a judged call, of a timed batch, and of a launch and an edit in it."""

DRAWING, PASSES = 16, 80
"""Times that inputs are read or written when they are drawn, and elements in float64 when they are judged."""

SPEEDUPS = (1.05, 0.45)
"""Median, and standard deviation of the logarithm, of the kernels' speedups."""

PROCESS_NOISE, BATCH_NOISE = 0.005, 0.005
"""Standard deviations of the time of a process, and of a batch."""


@dataclass
class Job:
    """What a worker does now: a kernel on a workload."""

    task: Task
    case: Case
    speedup: float
    compiled: bool = False
    """Whether a runner of the kernel has compiled what this workload needs."""
    given: float = field(init=False)
    """Bytes of an input set."""
    moved: float = field(init=False)
    seconds: float = field(init=False)
    """Device seconds of a call of eager."""

    def __post_init__(self) -> None:
        work = flops_and_bytes(self.task, self.case)
        recipes = [recipe for _, recipe in leaves(self.case)]
        self.given = float(sum(recipe.nbytes for recipe in recipes))
        self.moved = float(max(work.moved_bytes, 1))
        self.flops = work.flops
        rate = RATES.get(recipes[0].dtype if recipes else "float32", RATES["float16"])
        self.seconds = 2e-6 + max(self.moved / BANDWIDTH, work.flops / rate) / EFFICIENCY

    @property
    def answered(self) -> float:
        """Bytes of results and arguments that a runner sends."""
        return self.given + max(0.0, self.moved - self.given)

    @property
    def compared(self) -> float:
        """Seconds on the device of one evaluation in float64 with its perturbation, or of a comparison."""
        elements = self.answered / 4
        return 8 * PASSES * elements / BANDWIDTH / 2 + 2 * self.flops / RATES["float64"]


class Machine:
    """One GPU, its link to the host, and what processes do there."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.gpu = Turnstile(world, "waiting for others' work on the GPU")
        self.link = Turnstile(world, "waiting for others' copies")

    @property
    def job(self) -> Job:
        """What the current process works on."""
        found: Job = self.world.current.context
        return found

    def compute(self, part: str, seconds: float) -> None:
        """Use the GPU, after those who came before."""
        with self.gpu.hold(alone=True):
            self.world.spend(part, seconds)

    def copy(self, part: str, size: float) -> None:
        """Copy bytes between GPU and host, after those who came before."""
        with self.link.hold(alone=True):
            self.world.spend(part, size / TO_HOST)


class FakeRunner:
    """A runner of a kernel or of eager (`host.client.Runner`)."""

    alive, died = True, False
    inputs: Mapping[str, str] = {}
    pid = 0

    def __init__(self, machine: Machine, settings: Any, noise: random.Random) -> None:
        self.machine, self.world, self.settings, self.random = machine, machine.world, settings, noise
        self.is_kernel = settings is None or settings.sandbox != "off"
        self.factor = 1 + PROCESS_NOISE * noise.gauss(0.0, 1.0)
        self._entered = self.world.now + ENTER

    def cpu_seconds(self) -> float:
        """Return nothing that matters on a GPU."""
        return 0.0

    def ready(self, timeout: float = math.inf) -> None:
        """Wait until the process has entered the GPU; it always does in time."""
        self.world.spent["start"] += max(0.0, self._entered - self.world.now)
        self.world.until(self._entered)

    def load(self, *_: Any, **__: Any) -> Answer:
        """Enter the GPU and import the code."""
        self.ready()
        self.world.spend("load", LOAD)
        return Answer("ok")

    def prepare(
        self, cases: Sequence[Case], *_: Any, pauses: Callable[[bool], float] | None, **__: Any
    ) -> tuple[Answer, float]:
        """Make the input sets, and call twice; the first time, the kernel is compiled."""
        job = self.machine.job
        for _ in cases:
            self._draw(job)
        if self.is_kernel and not job.compiled:
            job.compiled = True
            if pauses is not None:
                pauses(True)
            self.world.spend("compile", TIMED_SPECIALISATIONS * COMPILE)
            if pauses is not None:
                pauses(False)
        self.machine.compute("calls", 2 * self._seconds(job))
        return Answer("ok"), self._seconds(job)

    def batch(self, first: int, count: int, *, gated: bool, **_: Any) -> tuple[float, float, bool, float, float]:
        """Time a batch."""
        each = self._seconds(self.machine.job) * (1 + BATCH_NOISE * self.random.gauss(0.0, 1.0))
        host = max(count * LAUNCH, count * each) if not gated else count * (LAUNCH + each)
        self.world.spend("timing", REQUEST + count * EDIT + host)
        return count * each, count * max(each, LAUNCH), False, 0.0, 0.0

    def hold(self, *, to_host: bool, **_: Any) -> None:
        """Copy result and arguments on the device, or to the host."""
        if to_host:
            self.machine.copy("copies", self.machine.job.answered)
        else:
            self.machine.compute("calls", 2 * self.machine.job.answered / BANDWIDTH)

    def rewrite(self, *_: Any, **__: Any) -> None:
        """Overwrite an input set."""
        self._draw(self.machine.job)

    def last_raw(self, *_: Any, **__: Any) -> tuple[dict[str, Any], bytes]:
        """Send result and arguments."""
        self.world.spend("sending results", self.machine.job.answered / THROUGH_SOCKETS)
        return {}, b""

    def checked(self, *_: Any) -> Answer:
        """Return the answer."""
        return Answer("ok")

    def printed(self) -> str:
        """Return nothing."""
        return ""

    def close(self) -> None:
        """End, without waiting for it."""

    def _seconds(self, job: Job) -> float:
        return self.factor * job.seconds / (job.speedup if self.is_kernel else 1.0)

    def _draw(self, job: Job) -> None:
        self.machine.compute("inputs", DRAWING * job.given / BANDWIDTH)


class FakeAssessor:
    """The judge's end of an assessor (`judge.speed.assessor.Assessor`); the process serves all kernels of a worker."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._entered: float | None = None
        self._known: list[Case] = []

    def start(self) -> None:
        """Start the process."""
        if self._entered is None:
            self._entered = self.machine.world.now + ENTER

    def expect(self, name: str, case: Case, timeout: float) -> Expected:
        """Evaluate the reference, unless it is one of the latest two cases."""
        self._ready()
        if case not in self._known:
            job = self.machine.job
            self._known = [*self._known[:1], case]
            self.machine.compute("reference", DRAWING * job.given / BANDWIDTH + job.compared)
        return Expected(1 << 40, {})

    def assess(self, *_: Any, turn: AbstractContextManager[object], **__: Any) -> Assessment:
        """Compare an answer."""
        self._ready()
        job = self.machine.job
        self.machine.world.spend("sending results", job.answered / THROUGH_SOCKETS)
        with turn:
            self.machine.copy("copies", job.answered)
            self.machine.compute("comparison", job.compared)
        return Assessment(Verdict("ieee", None), None)

    def forget(self) -> None:
        """Begin with another task."""
        self._known = []

    def _ready(self) -> None:
        assert self._entered is not None
        self.machine.world.spent["start"] += max(0.0, self._entered - self.machine.world.now)
        self.machine.world.until(self._entered)
