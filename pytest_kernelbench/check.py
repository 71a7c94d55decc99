"""A quick check of single files, for a hook that runs before each commit."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from pytest_kernelbench.model.source import Source, holds_kernels

QUICK = "basic,sizes,layouts"
"""Facets that show most faults, in seconds."""


def check(files: Sequence[Path], facets: str = QUICK) -> int:
    """Judge the kernels in `files`, and nothing else of their submissions; return pytest's exit status.

    Files that hold no kernels by their name (`_helpers.py`, `README.md`) are left out; where none is left, that is a
    success.
    """
    kernels = [file for file in files if holds_kernels(file.name)]
    if not kernels:
        return 0
    submissions = dict.fromkeys(f"--kb-submission={Source.at(file).root}" for file in kernels)
    quick = ["-q", "-p", "no:cacheprovider", "-m", "correctness or compile", f"--kb-facets={facets}"]
    # In a process of its own: pytest warns of plugins that were imported before it.
    return subprocess.call([sys.executable, "-m", "pytest", *quick, *submissions, *map(str, kernels)])
