"""`pytest-kernelbench check`: a quick check of single files, for a hook that runs before each commit."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.source import METADATA, NO_KERNELS, Source, holds_kernels, kernel_files

if TYPE_CHECKING:
    from pytest_kernelbench.cli.arguments import Commands

QUICK = "basic,sizes,layouts"
"""Facets that find most faults within seconds."""


def declare(commands: Commands) -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser("check", help="judge files or folders quickly, for a pre-commit hook")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="kernels, JSON lines, or folders of them")
    parser.add_argument("--facets", default=QUICK, metavar="LIST", help="facets to try (default: %(default)s)")
    parser.add_argument("--tasks", type=Path, metavar="FOLDER", help="folder of your own task files")
    parser.set_defaults(command=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    return check(arguments.files, arguments.facets, arguments.tasks)


def check(files: Sequence[Path], facets: str = QUICK, tasks: Path | None = None) -> int:
    """Judge the kernels in `files` and folders, and no others of their submissions; return pytest's exit status.

    Files that accompany kernels (`_helpers.py`, `README.md`, `submission.toml`) are ignored; without any other file the
    check succeeds. Any other file that is no kernel, and a path that does not exist, makes it fail, and nothing is
    judged.
    """
    wrong = [line for file in files if (line := _fault(file))]
    if wrong:
        sys.stderr.writelines(f"pytest-kernelbench: {line}\n" for line in wrong)
        return 1
    kernels = [file for file in files if file.is_dir() or holds_kernels(file.name)]
    if not kernels:
        return 0
    submissions = dict.fromkeys(f"--kb-submission={Source.at(file).root}" for file in kernels)
    quick = ["-q", "-p", "no:cacheprovider", "-m", "correctness or compile", f"--kb-facets={facets}"]
    own = [f"--kb-tasks={tasks}"] if tasks is not None else []
    # In a new process, because pytest warns about plugins that were imported before it started.
    return subprocess.call([sys.executable, "-m", "pytest", *quick, *own, *submissions, *map(str, kernels)])


def _fault(file: Path) -> str | None:
    """Return why a path cannot be checked; None where it can, or accompanies kernels."""
    if file.is_dir():
        try:
            kernel_files(file)
        except KernelBenchError as error:
            return str(error)
        return None
    if holds_kernels(file.name):
        return None if file.exists() else f"{file}: no such file or folder"
    accompanies = file.name == METADATA or NO_KERNELS.match(file.name)
    return None if accompanies else f"{file}: is no kernel; expected .py, JSON lines (.jsonl), or a folder of them"
