"""The lines of a kernel's file that never ran, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def unrun(ranges: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a text for each range of `Record.unrun_lines`, such as ``lines 20-33 never ran: `if n > 8192` ``."""
    return [_text(each) for each in ranges]


def _text(each: Mapping[str, Any]) -> str:
    first, last, under = each.get("first"), each.get("last"), each.get("under")
    where = f"line {first}" if first == last else f"lines {first}-{last}"
    return f"{where} never ran: `{under}`" if under else f"{where} never ran"
