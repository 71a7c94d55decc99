"""One compiled specialisation of a Triton kernel: the resources it needs, or why it does not compile."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_kernelbench.model.targets import Target, occupancy

NUMBERS = ("registers", "spills", "stack", "shared_bytes", "warps", "stages", "code_bytes", "sgprs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """One specialisation and its resources, or its error; a resource that the target does not have is None."""

    name: str
    specialisation: str
    """Types, divisibility and constants of the arguments, and the launch's options."""
    seconds: float
    registers: int | None = None
    """Per thread; vector registers (VGPRs) on AMD."""
    spills: int | None = None
    """Spills to memory: bytes stored per thread on NVIDIA, vector registers on AMD."""
    stack: int | None = None
    """Bytes of local memory per thread, spills included: four times the `n_spills` of Triton on a real GPU."""
    shared_bytes: int | None = None
    """Per block; LDS on AMD."""
    warps: int | None = None
    stages: int | None = None
    code_bytes: int | None = None
    sgprs: int | None = None
    """Scalar registers, on AMD."""
    occupancy: float | None = None
    limiter: str | None = None
    reason: str | None = None
    """Kind of the error: `language`, `out_of_resources`, `assembler` or `compiler`."""
    error: str | None = None
    tuned: bool = False
    """Whether the autotuner tried it, so that another configuration may work."""


def compiled(header: Mapping[str, Any], target: Target) -> Compiled:
    """Check a runner's report of one specialisation; raises `ValueError`, `TypeError` or `LookupError`."""
    numbers: dict[str, Any] = {name: _whole(header.get(name)) for name in NUMBERS}
    fits: dict[str, Any] = {}
    warps, registers = numbers["warps"], numbers["registers"]
    if header.get("error") is None and warps and registers is not None:
        full = occupancy(target, warps=warps, registers=registers, shared=numbers["shared_bytes"] or 0)
        fits = {"occupancy": full.share, "limiter": full.limiter}
    return Compiled(
        name=_text(header["name"])[:200],
        specialisation=_text(header["specialisation"])[:2000],
        seconds=_seconds(header["seconds"]),
        reason=None if header.get("reason") is None else _text(header["reason"])[:40],
        error=None if header.get("error") is None else _text(header["error"])[:4000],
        tuned=header.get("tuned") is True,
        **numbers,
        **fits,
    )


def _whole(value: Any) -> int | None:
    if value is not None and (type(value) is not int or not 0 <= value < 1 << 40):
        raise ValueError("expected a count")
    return value


def _seconds(value: Any) -> float:
    seconds = float(value)
    if not 0 <= seconds < math.inf:
        raise ValueError("expected a time in seconds")
    return round(seconds, 4)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("expected a text")
    return value
