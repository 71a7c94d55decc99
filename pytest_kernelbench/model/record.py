"""A record: one line of results. Reports are made from records alone."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from pytest_kernelbench.model.task import FACETS, GRADIENTS

SCHEMA = 2
"""Version of the lines that are written; lines of schema 1 are read, too."""

STATUSES = ("passed", "passed_within", "refused", "wrong_values", "wrong_shape", "wrong_dtype", "contract",
            "runtime_error", "compile_error", "load_error", "timeout", "crash", "rejected", "unsupported", "missing",
            "error")  # fmt: skip
"""The status of a kernel: `passed`, what is wrong with it, or why there is no verdict.

`passed_within` is a kernel that is right in the domain that it declares, `refused` one that is not wrong, but says by
an exception of its own that it does not take some inputs.
"""

RIGHT = ("passed", "passed_within")
"""Statuses of a kernel, or a facet, in which everything that was tried was right."""

STAGES = ("absent", "loads", "runs", *FACETS, "all")
"""How far a kernel got, in order; `all` means that it passed every facet."""


PUBLISHED_ONLY = "published_only"
"""Label of a kernel that fails, but is right on the sizes that its benchmark publishes."""

MAX_OBSERVATIONS = 24
"""Maximum number of observations in a record."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The first thing that is wrong with a kernel."""

    facet: str
    message: str
    case: str | None = None
    """Source of the minimal case that shows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The result of judging one kernel."""

    kind: str
    """`correctness`, `speed` or `compile`."""
    submission: str
    variant: str | None
    task: str
    category: str
    status: str
    stage: str
    facets: Mapping[str, str] = field(default_factory=dict)
    grade: str | None = None
    label: str | None = None
    kernel_share: float | None = None
    launches: int = 0
    failure: Failure | None = None
    observations: Sequence[str] = field(default_factory=list)
    """What the kernel does beside computing, in words; none of it is a verdict by itself."""
    unrun_lines: Sequence[Mapping[str, Any]] = field(default_factory=list)
    """Lines of the file that never ran in any judged case: `first`, `last`, and the condition `under` which they are.

    Known where all facets were tried on the interpreter.
    """
    device: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    """The settings that the verdict depends on, from `JudgingSettings.recorded`."""
    examples: int = 0
    seconds: float = 0.0
    started: str = ""
    kernel_sha256: str = ""
    task_sha256: str = ""
    code: Mapping[str, int | float] = field(default_factory=dict)
    """Signals of the kernel's code, from `evaluation.code_signals`."""
    selection: str = ""
    """Arguments of pytest that select this kernel alone, from where pytest was started."""

    def to_json(self) -> str:
        """Return the record as one line of JSON."""
        return json.dumps({"schema": SCHEMA, **asdict(self)}, allow_nan=False)

    @classmethod
    def from_json(cls, line: str) -> Record:
        """Make the record of one line of schema 1 or 2; raises `ValueError` where it is neither."""
        values = json.loads(line, parse_float=_finite, parse_constant=_finite)
        schema = values.pop("schema", None) if isinstance(values, dict) else None
        if type(schema) is not int or not 1 <= schema <= SCHEMA:
            raise ValueError(f"not a record of schema 1 to {SCHEMA}")
        if schema == 1:
            _upgrade(values)
        failure = values.pop("failure", None)
        kinds: dict[str, type[Record]] = {"compile": CompileRecord, "speed": SpeedRecord}
        try:
            found = None if failure is None else Failure(**failure)
            return kinds.get(str(values.get("kind")), cls)(**values, failure=found)
        except TypeError as error:
            raise ValueError(f"not a record: {error}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompileRecord(Record):
    """The result of compiling one kernel for one target."""

    target: str
    reason: str | None = None
    """Kind of a `compile_error`: `language`, `out_of_resources`, `assembler`, `compiler` or `signal`."""
    kernels: Sequence[Mapping[str, Any]] = field(default_factory=list)
    """The fields of `model.compiled.Compiled` for each specialisation, compiled or not."""
    registers: int | None = None
    """Largest number of registers of any specialisation, per thread."""
    spills: int | None = None
    """Largest number of spilled bytes (NVIDIA) or vector registers (AMD) of any specialisation."""
    stack: int | None = None
    """Largest stack of any specialisation, bytes per thread."""
    shared_bytes: int | None = None
    """Largest shared memory of any specialisation, bytes per block."""
    warps: int | None = None
    """Largest number of warps of any specialisation, per block."""
    stages: int | None = None
    """Largest number of software pipeline stages of any specialisation."""
    compile_seconds: float = 0.0
    """Sum over all specialisations."""
    notes: Sequence[str] = field(default_factory=list)
    """Cases that could not be examined, and autotune configurations that do not compile."""
    cached: bool = False
    """Whether an earlier session compiled it."""


SCALED = " (scaled)"
"""End of the name of a workload that was made smaller, for a CPU: its record is that of another workload."""

VERDICTS = ("faster", "slower", "same", "unclear", "impossible")
"""Verdicts on speed; `impossible` is faster than the GPU's memory and arithmetic allow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedRecord(Record):
    """The speed of one kernel on one workload, relative to a baseline that was timed in turns with it.

    `status` is `passed` for every verdict but `impossible`; otherwise the kernel was wrong or could not be timed.
    """

    workload: str
    """Name of the workload; one that was made smaller ends in `SCALED`."""
    baseline: str = "eager"
    verdict: str | None = None
    """One of `VERDICTS`; None where nothing was timed."""
    ratio: float | None = None
    """Time of the baseline over time of the kernel: above 1 the kernel is faster."""
    interval: Sequence[float] | None = None
    """Low and high end of the 99 % confidence interval of the ratio."""
    device_seconds: float | None = None
    """Median time of one call of the kernel on the device."""
    baseline_seconds: float | None = None
    """Median time of one call of the baseline on the device."""
    call_seconds: float | None = None
    """Median time of one call of the kernel by the caller's clock, launch and wait included."""
    baseline_call_seconds: float | None = None
    """Median time of one call of the baseline by the caller's clock, launch and wait included."""
    speed_of_light: float | None = None
    """Share of the speed that the device's bandwidth and arithmetic allow; None where those are unknown."""
    blocks: int = 0
    """Number of blocks (baseline, kernel, kernel, baseline) behind the interval."""
    samples: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """Seconds per call of every batch in the order of measurement, by source: `baseline`, `kernel`, `compile`."""
    discarded: Mapping[str, int] = field(default_factory=dict)
    """Number of blocks left out of the interval, by cause."""
    others: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Further baselines by name: `verdict`, `ratio`, `interval`, `seconds`, or `note` where there is none."""
    timing: Mapping[str, Any] = field(default_factory=dict)
    """How it was timed: `clock`, `calls` per batch, `order`, `inputs` rotated, maths mode, the case
    that was timed if the workload was `scaled`."""
    notes: Sequence[str] = field(default_factory=list)
    """What a reader must know to interpret the figures: `launch-bound`, a power cap, other processes."""


def _upgrade(values: dict[str, Any]) -> None:
    """Give the values of a line of schema 1 their names of today."""
    if "rung" in values:
        values["stage"] = values.pop("rung")
    if isinstance(timing := values.get("timing"), dict) and "ceilings" in timing:
        timing["roofline"] = timing.pop("ceilings")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordIdentity:
    """What a record says before its kernel is judged: which kernel, where, under which versions and settings."""

    submission: str
    variant: str | None
    task: str
    category: str
    device: Mapping[str, Any]
    versions: Mapping[str, Any]
    settings: Mapping[str, Any]
    started: str
    """Date and time, ISO 8601, UTC."""
    kernel_sha256: str = ""
    task_sha256: str = ""
    code: Mapping[str, int | float] = field(default_factory=dict)
    selection: str = ""

    def correctness(self, **found: Any) -> Record:
        """Return the record of a kernel's correctness, complete with what was found."""
        return Record(kind="correctness", **self._fields(), **found)

    def compilation(self, **found: Any) -> CompileRecord:
        """Return the record of a compilation, complete with what was found."""
        return CompileRecord(kind="compile", **self._fields(), **found)

    def speed(self, **found: Any) -> SpeedRecord:
        """Return the record of a workload, complete with what was found."""
        return SpeedRecord(kind="speed", **self._fields(), **found)

    def adopt(self, known: CompileRecord) -> CompileRecord:
        """Return a record that an earlier session made of the same kernel, with this identity and its own `started`."""
        return replace(known, **{**self._fields(), "started": known.started})

    def _fields(self) -> dict[str, Any]:
        return {each.name: getattr(self, each.name) for each in fields(self)}


_HINTS = {made: get_type_hints(made) for made in (Failure, Record, CompileRecord, SpeedRecord)}


def _finite(text: str) -> float:
    """Return the number of a JSON text; raises `ValueError` for NaN and infinities, which JSON does not have."""
    if math.isfinite(number := float(text)):
        return number
    raise ValueError(f"not a record: a number is {number}")


def check(made: Record | Failure) -> None:
    """Raise `ValueError` for a field of the wrong type, as it may be in a file that something else wrote."""
    for name, hint in _HINTS[type(made)].items():
        if not _fits(getattr(made, name), hint):
            raise ValueError(f"not a record: {name} is of type {type(getattr(made, name)).__name__}")


def _fits(value: object, hint: Any) -> bool:
    origin, inner = get_origin(hint), get_args(hint)
    if origin is UnionType:
        return any(_fits(value, each) for each in inner)
    if origin is Mapping:
        return isinstance(value, dict) and all(_fits(each, inner[1]) for each in value.values())
    if origin is Sequence:
        return isinstance(value, list) and all(_fits(each, inner[0]) for each in value)
    if hint in (int, float) and type(value) in (int, hint):
        return abs(value) < 2**63  # type: ignore[arg-type]
    return hint is Any or type(value) is hint


def stage_of(facets: Mapping[str, str], *, loaded: bool, ran: bool) -> str:
    """Return how far a kernel got: the last facet before the first one that it did not pass."""
    if not loaded:
        return "absent"
    if not ran:
        return "loads"
    reached = "runs"
    for facet in FACETS:
        if facets.get(facet) not in RIGHT:
            return reached
        reached = facet
    return "all" if facets.get(GRADIENTS, "passed") == "passed" else reached
