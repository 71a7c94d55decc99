"""Faults that survive, by kernel, each with the reason."""

from __future__ import annotations

from collections.abc import Mapping

_GRID = {"grid_on_y": "no workload needs more than 65,535 programs"}

_FEW = {"rounds_program_numbers": "a program takes several rows, and no case that can be run here needs 257 programs"}

SURVIVORS: Mapping[str, Mapping[str, str]] = {
    "index_select": _GRID | _FEW,
    "matmul": _GRID,
    "persistent__relu": {"rounds_program_numbers": "it never launches more programs than there are multiprocessors"},
    "relu": _GRID,
    "softmax": _FEW,
}
