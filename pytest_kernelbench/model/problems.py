"""Names of KernelBench: its problems, the files of its runs, and its rows of JSON. Nothing is run or imported."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

PROBLEM = re.compile(r"(\d+)_\w.*")
"""Name of a problem's file, without `.py`: `23_Softmax`."""

LEVEL = re.compile(r"level_?(\d+)", re.IGNORECASE)
"""Name of the folder of a level."""

KERNEL = re.compile(r"level_?(\d+)_problem_?(\d+)(?:_sample_?(\d+))?(?:_kernel)?", re.IGNORECASE)
"""Name of a kernel's file in a folder of runs, without `.py`: `level_1_problem_23_sample_0_kernel`."""

PARTS = (
    re.compile(r"^class\s+Model\b", re.MULTILINE),
    re.compile(r"^def\s+get_inputs\b", re.MULTILINE),
    re.compile(r"^def\s+get_init_inputs\b", re.MULTILINE),
)
"""What every problem defines."""

Number = tuple[int, int]
"""Level and number of a problem; the level is 0 outside of a folder of a level."""

_KEYS: Mapping[str, tuple[str, ...]] = {
    "level": ("level",),
    "problem": ("problem", "problem_id"),
    "sample": ("sample", "sample_id"),
    "code": ("code", "kernel", "kernel_src", "custom_kernel"),
}
"""Names that a row of JSON may use."""


def problem_files(root: Path) -> list[tuple[Path, int]]:
    """Return the problems in a folder with their levels: those in it, and those in its folders of levels."""
    folders = [(root, _level(root.name) or 0)]
    if root.is_dir():
        folders += [(each, level) for each in sorted(root.iterdir()) if each.is_dir() and (level := _level(each.name))]
    return [(path, level) for folder, level in folders for path in sorted(folder.glob("*.py")) if is_problem(path)]


def is_problem(path: Path) -> bool:
    """Whether a file defines `Model`, `get_inputs` and `get_init_inputs`."""
    if path.name[0] in "._":
        return False
    text = path.read_text(encoding="utf-8", errors="replace")
    return all(part.search(text) for part in PARTS)


def number_of(stem: str, level: int) -> Number | None:
    """Return level and number of a problem's file; None where its name has no number."""
    found = PROBLEM.fullmatch(stem)
    return (level, int(found[1])) if found else None


def kernel_name(stem: str) -> tuple[Number, int | None] | None:
    """Return the problem and the sample that the name of a kernel's file says; None for any other name."""
    found = KERNEL.fullmatch(stem)
    if found is None:
        return None
    return (int(found[1]), int(found[2])), None if found[3] is None else int(found[3])


def sample_of(stem: str) -> str | None:
    """Return the variant that the name of a kernel's file says, `sample_0`; None where it says none."""
    found = kernel_name(stem)
    return None if found is None or found[1] is None else f"sample_{found[1]}"


def row_of(row: object) -> tuple[str, int, str] | None:
    """Return a row of JSON as the name of its problem, its sample and its code; None for a row of another kind."""
    if not isinstance(row, dict) or "file" in row:
        return None
    level, problem, sample, code = (next(_values(row, key), None) for key in _KEYS)
    numbers = [value for value in (level, problem) if type(value) is int or str(value).isdecimal()]
    if len(numbers) < 2 or not isinstance(code, str):
        return None
    return f"level_{numbers[0]}_problem_{numbers[1]}", int(str(sample)) if str(sample).isdecimal() else 0, code


def _values(row: Mapping[str, object], key: str) -> Iterator[object]:
    yield from (row[name] for name in _KEYS[key] if name in row)


def _level(name: str) -> int | None:
    found = LEVEL.fullmatch(name)
    return int(found[1]) if found else None
