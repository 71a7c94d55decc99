"""The catalogue of tasks, with the user's folder in whichever form it is."""

from __future__ import annotations

from pathlib import Path

from pytest_kernelbench.formats.kernelbench.file import problems
from pytest_kernelbench.model.catalogue import Catalogue


def find(roots: list[Path] | None = None, own: Path | None = None) -> Catalogue:
    """Return the tasks as `Catalogue.find` does; `own`, or the first of `roots`, may hold KernelBench's problems.

    Raises `KernelBenchError` and `TaskError` as that does.
    """
    if roots and (only := problems(roots[0])):
        return Catalogue(only)
    if own is not None and (mine := problems(own)):
        return Catalogue(Catalogue.find(roots).names().values(), mine)
    return Catalogue.find(roots, own)
