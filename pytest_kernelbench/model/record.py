"""A record: one line of results, the only thing that reports are made from."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from pytest_kernelbench.model.task import FACETS

SCHEMA = 1

STATUSES = ("passed", "wrong_values", "wrong_shape", "wrong_dtype", "contract", "runtime_error", "compile_error",
            "load_error", "timeout", "crash", "rejected", "unsupported", "missing", "error")  # fmt: skip
"""How a kernel fared: `passed`, what was wrong with it, or why nothing can be said."""

RUNGS = ("absent", "loads", "runs", *FACETS[:-1], "all")
"""How far a kernel got; `all` means every facet."""


MOST_OBSERVATIONS = 24
"""Observations that a record keeps."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Where and how a kernel stopped being right."""

    facet: str
    message: str
    case: str | None = None
    """Source of the case that shows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What was found out about one kernel."""

    kind: str
    """`correctness`, `speed` or `compile`."""
    submission: str
    variant: str | None
    task: str
    category: str
    status: str
    rung: str
    facets: Mapping[str, str] = field(default_factory=dict)
    grade: str | None = None
    label: str | None = None
    kernel_share: float | None = None
    launches: int = 0
    failure: Failure | None = None
    observations: Sequence[str] = field(default_factory=list)
    """What the kernel does beside computing, and who else computes, for a reader: none of it is a verdict by itself."""
    device: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    """What was asked for and decides the verdict, as `resume.deciding` has it."""
    examples: int = 0
    seconds: float = 0.0
    started: str = ""
    kernel_sha256: str = ""
    task_sha256: str = ""
    code: Mapping[str, int | float] = field(default_factory=dict)
    """Signals of the kernel's text, as `report.code_quality` has them."""
    selection: str = ""
    """Arguments of pytest that select this kernel alone, from where pytest was started."""

    def to_json(self) -> str:
        """Return the record as one line of JSON."""
        return json.dumps({"schema": SCHEMA, **asdict(self)}, allow_nan=False)

    @classmethod
    def from_json(cls, line: str) -> Record:
        """Make the record of one line; raises `ValueError` where it is not one of this schema."""
        fields = json.loads(line, parse_float=_finite, parse_constant=_finite)
        if not isinstance(fields, dict) or fields.pop("schema", None) != SCHEMA:
            raise ValueError(f"not a record of schema {SCHEMA}")
        failure = fields.pop("failure", None)
        kinds: dict[str, type[Record]] = {"compile": CompileRecord, "speed": SpeedRecord}
        try:
            found = None if failure is None else Failure(**failure)
            return kinds.get(str(fields.get("kind")), cls)(**fields, failure=found)
        except TypeError as error:
            raise ValueError(f"not a record: {error}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompileRecord(Record):
    """What the compiler made of one kernel for one target."""

    target: str
    reason: str | None = None
    """Kind of a `compile_error`: `language`, `out_of_resources`, `assembler`, `compiler` or `signal`."""
    kernels: Sequence[Mapping[str, Any]] = field(default_factory=list)
    """Each specialisation that was compiled or refused, as `model.compiled.Compiled` has it."""
    registers: int | None = None
    """Most of any kernel, and so for the next three."""
    spills: int | None = None
    stack: int | None = None
    shared_bytes: int | None = None
    warps: int | None = None
    stages: int | None = None
    compile_seconds: float = 0.0
    """Of all specialisations together."""
    notes: Sequence[str] = field(default_factory=list)
    """What could not be looked at, and configurations that do not fit."""
    cached: bool = False
    """Whether this was compiled by an earlier session."""


VERDICTS = ("faster", "slower", "same", "unclear", "impossible")
"""What the interval of a ratio says; `impossible` is faster than the GPU's memory and arithmetic allow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedRecord(Record):
    """How fast one kernel is on one workload, beside the baseline that was timed in turns with it.

    `status` is `passed` whatever the verdict, unless the kernel was wrong, could not be timed, or is `impossible`.
    """

    workload: str
    baseline: str = "eager"
    verdict: str | None = None
    """One of `VERDICTS`; None where nothing was timed."""
    ratio: float | None = None
    """Baseline's time over the kernel's: above 1 the kernel is faster."""
    interval: Sequence[float] | None = None
    """Low and high end of the ratio's 99 % interval."""
    device_seconds: float | None = None
    """Median of one call of the kernel on the device; the next is the baseline's."""
    baseline_seconds: float | None = None
    call_seconds: float | None = None
    """Median of one call as the caller's clock has it, launch and wait included; the next is the baseline's."""
    baseline_call_seconds: float | None = None
    speed_of_light: float | None = None
    """Share of what the device's measured bandwidth and arithmetic allow; None where those are not known."""
    blocks: int = 0
    """Blocks of baseline, kernel, kernel, baseline that the interval is made from."""
    samples: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """Seconds per call of every batch, in the order of measuring, by letter: `baseline`, `kernel`, `compile`."""
    discarded: Mapping[str, int] = field(default_factory=dict)
    """Blocks that were left out of the interval, by cause."""
    others: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Further baselines by name: `verdict`, `ratio`, `interval`, `seconds`, or `note` where there is none."""
    timing: Mapping[str, Any] = field(default_factory=dict)
    """How it was timed: `clock`, `calls` per batch, `order`, `inputs` rotated, maths mode."""
    notes: Sequence[str] = field(default_factory=list)
    """What a reader of the figures must know: `launch-bound`, a power cap, other processes."""


_HINTS = {made: get_type_hints(made) for made in (Failure, Record, CompileRecord, SpeedRecord)}


def _finite(text: str) -> float:
    """Return the number of a JSON text; NaN and infinities are no JSON, and no figure can be made of them."""
    if math.isfinite(number := float(text)):
        return number
    raise ValueError(f"not a record: a number is {number}")


def check(made: Record | Failure) -> None:
    """Raise `ValueError` for a field whose value is not of its type, as it may be in a file that others wrote."""
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


def rung_of(facets: Mapping[str, str], *, loaded: bool, ran: bool) -> str:
    """Return how far a kernel got: the last facet before the first that it did not pass."""
    if not loaded:
        return "absent"
    if not ran:
        return "loads"
    reached = "runs"
    for facet in FACETS:
        if facets.get(facet) != "passed":
            return reached
        reached = facet
    return "all"
