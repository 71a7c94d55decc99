"""`pytest-kernelbench check`: a quick check of single files, for a hook that runs before each commit."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_kernelbench.model.source import Source, holds_kernels

if TYPE_CHECKING:
    from pytest_kernelbench.cli.arguments import Commands

QUICK = "basic,sizes,layouts"
"""Facets that find most faults within seconds."""


def declare(commands: Commands) -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser("check", help="judge single files quickly, for a pre-commit hook")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="kernels, or files of JSON lines")
    parser.add_argument("--facets", default=QUICK, metavar="LIST", help="facets to try (default: %(default)s)")
    parser.set_defaults(command=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    return check(arguments.files, arguments.facets)


def check(files: Sequence[Path], facets: str = QUICK) -> int:
    """Judge the kernels in `files`, and no others of their submissions; return pytest's exit status.

    Files whose names show that they hold no kernels (`_helpers.py`, `README.md`) are ignored. Without any other file,
    the check succeeds.
    """
    kernels = [file for file in files if holds_kernels(file.name)]
    if not kernels:
        return 0
    submissions = dict.fromkeys(f"--kb-submission={Source.at(file).root}" for file in kernels)
    quick = ["-q", "-p", "no:cacheprovider", "-m", "correctness or compile", f"--kb-facets={facets}"]
    # In a new process, because pytest warns about plugins that were imported before it started.
    return subprocess.call([sys.executable, "-m", "pytest", *quick, *submissions, *map(str, kernels)])
