"""The resources that a compiled kernel needs, read from the output of the compilers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

_USED = re.compile(r"Used (\d+) registers")
_FRAME = re.compile(r"(\d+) bytes stack frame, (\d+) bytes spill stores")
_AMD = re.compile(r"\.(vgpr_count|sgpr_count|vgpr_spill_count|private_segment_fixed_size):\s*(\d+)")


@dataclass(frozen=True, slots=True)
class Resources:
    """Registers and memory of one compiled kernel; None where the compiler does not report it."""

    registers: int | None = None
    """Registers per thread; vector registers (VGPRs) on AMD."""
    spills: int | None = None
    """Spills to memory: bytes stored per thread on NVIDIA, vector registers on AMD (scalar ones spill there)."""
    stack: int | None = None
    """Bytes of local memory per thread."""
    sgprs: int | None = None
    """Scalar registers, on AMD."""


def of_assembler(log: str) -> Resources:
    """Return the resources in a log of `ptxas -v` about one kernel."""
    used, frames = _USED.findall(log), _FRAME.findall(log)
    if not used or not frames:
        return Resources()
    # Functions that were not inlined come first, so the last lines are about the kernel.
    stack, stores = frames[-1]
    return Resources(registers=int(used[-1]), spills=int(stores), stack=int(stack))


def of_code_object(assembly: str) -> Resources:
    """Return the resources in the metadata at the end of AMD assembly."""
    found = {name: int(value) for name, value in _AMD.findall(assembly)}
    if "vgpr_count" not in found:
        return Resources()
    return Resources(
        registers=found["vgpr_count"],
        spills=found.get("vgpr_spill_count", 0),
        stack=found.get("private_segment_fixed_size"),
        sgprs=found.get("sgpr_count"),
    )


def overhear(heard: Callable[[str], None]) -> None:
    """Pass each log of `ptxas -v`, which Triton writes to a file and deletes, to `heard`."""
    from triton.backends import backends

    # The namespace of the function, because some versions of Triton import this module under another name.
    namespace = backends["nvidia"].compiler.make_cubin.__globals__
    subprocess = namespace["subprocess"]

    def run(command: Any, *args: Any, **kwargs: Any) -> Any:
        log = getattr(kwargs.get("stderr"), "name", None)
        try:
            return subprocess.run(command, *args, **kwargs)
        finally:
            if isinstance(log, str):
                heard(Path(log).read_text(encoding="utf-8", errors="replace"))

    namespace["subprocess"] = SimpleNamespace(**{**vars(subprocess), "run": run})
