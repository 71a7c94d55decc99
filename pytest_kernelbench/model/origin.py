"""A kernel that is named, `mypkg.ops.rms_norm:rms_norm`, and where its package lies; nothing is imported."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_kernelbench.model.errors import KernelBenchError

_NAMED = re.compile(r"(?:(?P<task>\w+)\s*=\s*)?(?P<module>[^\W\d]\w*(?:\.[^\W\d]\w*)*):(?P<function>[^\W\d]\w*)")

EXPECTED = "expected MODULE:FUNCTION, as in mypkg.ops.rms_norm:rms_norm, or TASK=MODULE:FUNCTION"


@dataclass(frozen=True, slots=True)
class Name:
    """A module and a function in it, as the user writes them."""

    module: str
    function: str
    task: str | None = None
    """The task that was written before it; None where the function's name says it."""

    @classmethod
    def parse(cls, text: str) -> Name:
        """Parse `module:function` or `task=module:function`; raises `KernelBenchError`."""
        found = _NAMED.fullmatch(text.strip())
        if found is None:
            raise KernelBenchError(f"{text!r} names no kernel: {EXPECTED}")
        return cls(found["module"], found["function"], found["task"])

    @property
    def top(self) -> str:
        """The package, or the module where it is in none."""
        return self.module.partition(".")[0]

    def __str__(self) -> str:
        return f"{self.module}:{self.function}"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a named kernel is imported from."""

    name: Name
    file: Path
    """File of the module, as the user knows it."""
    seen: Path
    """File of the module, as a runner reads it."""
    roots: tuple[Path, ...]
    """Folders of the package, or the one file of a module in no package: what a runner may read, and its own code."""

    def to_wire(self) -> dict[str, Any]:
        """Return what a runner needs to import the kernel."""
        return {
            "module": self.name.module,
            "top": self.name.top,
            "file": str(self.seen),
            "roots": [str(root) for root in self.roots],
        }
