"""What a compiled kernel needs of a GPU, read from what the compilers leave behind."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

_USED = re.compile(r"Used (\d+) registers")
_FRAME = re.compile(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads")
_AMD = re.compile(r"\.(vgpr_count|sgpr_count|vgpr_spill_count|sgpr_spill_count|private_segment_fixed_size"
                  r"|group_segment_fixed_size):\s*(\d+)")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Resources:
    """Registers and memory of one compiled kernel; None where the compiler did not say."""

    registers: int | None = None
    spills: int | None = None
    stack: int | None = None
    sgprs: int | None = None


def of_assembler(log: str) -> Resources:
    """Return what `ptxas -v` says of the one kernel that it was given."""
    used, frame = _USED.search(log), _FRAME.search(log)
    if used is None:
        return Resources()
    # Functions that were not inlined come first, so the kernel's own line is the last.
    frames = _FRAME.findall(log)
    return Resources(
        registers=int(_USED.findall(log)[-1]),
        spills=max(int(frames[-1][1]), int(frames[-1][2])) if frame else None,
        stack=int(frames[-1][0]) if frame else None,
    )


def of_code_object(assembly: str) -> Resources:
    """Return what the metadata at the end of AMD assembly says."""
    found = {name: int(value) for name, value in _AMD.findall(assembly)}
    if "vgpr_count" not in found:
        return Resources()
    return Resources(
        registers=found["vgpr_count"],
        spills=found.get("vgpr_spill_count", 0) + found.get("sgpr_spill_count", 0),
        stack=found.get("private_segment_fixed_size"),
        sgprs=found.get("sgpr_count"),
    )


def overhear(heard: Callable[[str], None]) -> None:
    """Give `heard` each log of `ptxas -v`, which Triton has written and then throws away."""
    from triton.backends.nvidia import compiler

    subprocess = compiler.subprocess

    def run(command: Any, *args: Any, **kwargs: Any) -> Any:
        log = getattr(kwargs.get("stderr"), "name", None)
        try:
            return subprocess.run(command, *args, **kwargs)
        finally:
            if isinstance(log, str):
                heard(Path(log).read_text(encoding="utf-8", errors="replace"))

    compiler.subprocess = SimpleNamespace(**{**vars(subprocess), "run": run})
